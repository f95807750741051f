-- Images that visitors of the playground handed in. One that no message used yet makes room for newer ones.

CREATE TABLE board_images (
    visitor TEXT NOT NULL,
    id TEXT NOT NULL,
    media_key TEXT NOT NULL,
    mime TEXT,
    bytes BIGINT NOT NULL,
    said INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (visitor, id)
);
