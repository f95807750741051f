-- name: take_board_revision^
INSERT INTO board_visitors (visitor, revision) VALUES (:visitor, 1)
ON CONFLICT (visitor) DO UPDATE SET revision = board_visitors.revision + 1
RETURNING revision;

-- name: get_board_revision^
SELECT revision FROM board_visitors WHERE visitor = :visitor;

-- name: put_board_note^
INSERT INTO board_notes (visitor, id, kind, answers, facts, media_key, position, revision, created_at)
VALUES (:visitor, :id, :kind, :answers, :facts, :media_key, :revision, :revision, :created_at)
ON CONFLICT (visitor, id) DO UPDATE SET
    facts = CASE WHEN board_notes.kind = 'gone' THEN board_notes.facts ELSE excluded.facts END,
    revision = excluded.revision
RETURNING *;

-- name: change_board_note^
UPDATE board_notes SET facts = :facts, revision = :revision WHERE visitor = :visitor AND id = :id RETURNING *;

-- name: take_board_note_down!
UPDATE board_notes SET kind = 'gone', facts = '{}', media_key = NULL, revision = :revision
WHERE visitor = :visitor AND id = :id;

-- name: drop_board_notes!
DELETE FROM board_notes WHERE visitor = :visitor;

-- name: get_board_note^
SELECT * FROM board_notes WHERE visitor = :visitor AND id = :id;

-- name: list_latest_board_notes
SELECT * FROM board_notes
WHERE visitor = :visitor AND position < :before AND kind NOT IN ('gone', 'cleared')
ORDER BY position DESC LIMIT :limit;

-- name: list_changed_board_notes
SELECT * FROM board_notes WHERE visitor = :visitor AND revision > :after ORDER BY revision LIMIT :limit;

-- name: add_board_image!
INSERT INTO board_images (visitor, id, media_key, mime, bytes, created_at)
VALUES (:visitor, :id, :media_key, :mime, :bytes, :created_at);

-- name: get_board_image^
SELECT * FROM board_images WHERE visitor = :visitor AND id = :id;

-- name: list_waiting_board_images
SELECT * FROM board_images WHERE visitor = :visitor AND said = 0 ORDER BY id DESC;

-- name: forget_board_image!
DELETE FROM board_images WHERE visitor = :visitor AND id = :id;

-- name: set_board_image_said!
UPDATE board_images SET said = 1 WHERE visitor = :visitor AND id = :id;

-- name: drop_board_images
DELETE FROM board_images WHERE visitor = :visitor RETURNING media_key;
