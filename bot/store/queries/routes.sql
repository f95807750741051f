-- name: add_reference!
INSERT INTO job_references (job_id, ordinal, media_key, width, height, bytes, mime)
VALUES (:job_id, :ordinal, :media_key, :width, :height, :bytes, :mime)
ON CONFLICT (job_id, ordinal) DO NOTHING;

-- name: list_references
SELECT * FROM job_references WHERE job_id = :job_id ORDER BY ordinal;

-- name: give_up_elsewhere^
-- No other route is left: the rejection stands.
UPDATE calls SET elsewhere = 0, version = version + 1 WHERE id = :id AND version = :version
RETURNING id;

-- name: last_ordinal^
SELECT MAX(ordinal) AS ordinal FROM calls WHERE job_id = :job_id;

-- name: note_callback^
-- The first callback of a call that waits is written down; all others change nothing.
UPDATE calls SET called_back_at = :now
 WHERE id = :id AND called_back_at IS NULL AND state IN ('submitting', 'waiting', 'unclear')
RETURNING job_id;

-- name: list_durations
SELECT ended_at - submitted_at AS duration FROM calls
 WHERE route = :route AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT :limit;

-- name: put_breaker!
INSERT INTO breakers (scope, why, open_until) VALUES (:scope, :why, :open_until)
ON CONFLICT (scope) DO UPDATE SET why = excluded.why, open_until = excluded.open_until;

-- name: drop_breaker!
DELETE FROM breakers WHERE scope = :scope;

-- name: list_breakers
SELECT * FROM breakers ORDER BY scope;

-- name: add_secret!
INSERT INTO own_secrets (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING;

-- name: get_secret^
SELECT value FROM own_secrets WHERE name = :name;
