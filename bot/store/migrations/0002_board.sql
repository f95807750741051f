-- The playground's message board. One row per visitor counts the revisions: taking the next number locks it,
-- so that revisions of one visitor become visible in their order.

CREATE TABLE board_visitors (
    visitor TEXT PRIMARY KEY,
    revision BIGINT NOT NULL
);

CREATE TABLE board_notes (
    visitor TEXT NOT NULL REFERENCES board_visitors (visitor),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    answers TEXT NOT NULL,
    facts TEXT NOT NULL,
    media_key TEXT,
    position BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (visitor, id)
);

CREATE UNIQUE INDEX board_notes_changes ON board_notes (visitor, revision);
CREATE UNIQUE INDEX board_notes_order ON board_notes (visitor, position);
