-- name: accept_context^
-- All that accepting needs to know, in one look: a repeated event, the account, what it is using. No entry of
-- `day` was made before `day_floor`, wherever on Earth: the index finds the day by it.
WITH who AS (
    SELECT accounts.id AS account_id, accounts.forgotten_at
      FROM identities JOIN accounts ON accounts.id = identities.account_id
     WHERE identities.platform = :platform AND identities.person = :person
)
SELECT
    (SELECT id FROM jobs WHERE event_key = :event_key) AS repeated,
    (SELECT account_id FROM who) AS account_id,
    (SELECT forgotten_at FROM who) AS forgotten_at,
    (SELECT COALESCE(SUM(held - returned), 0) FROM entries
      WHERE account_id = (SELECT account_id FROM who) AND created_at >= :day_floor AND day = :day) AS today,
    (SELECT COUNT(*) FROM jobs
      WHERE account_id = (SELECT account_id FROM who) AND finished_at IS NULL) AS in_flight,
    (SELECT COUNT(*) FROM entries
      WHERE account_id = (SELECT account_id FROM who) AND created_at > :since AND held > 0) AS last_minute,
    (SELECT MIN(created_at) FROM entries
      WHERE account_id = (SELECT account_id FROM who) AND created_at > :since AND held > 0) AS oldest;

-- name: chat_context^
-- A chat, and what it uses on a day. Entries stay with their chat when its number changes.
SELECT chats.id,
       (SELECT COALESCE(SUM(held - returned), 0) FROM entries
         WHERE chat_id = chats.id AND day = :day) AS today
  FROM chats WHERE platform = :platform AND chat = :chat;

-- name: used^
-- The days from `first_day` up to, but not with, `next_day`.
SELECT COALESCE(SUM(held - returned), 0) AS pictures FROM entries
 WHERE account_id = :account_id AND created_at >= :day_floor AND day >= :first_day AND day < :next_day;

-- name: add_job!
INSERT INTO jobs (id, event_key, account_id, person, platform, chat, thread, message, locale, request, state,
                  version, created_at, deadline_at)
VALUES (:id, :event_key, :account_id, :person, :platform, :chat, :thread, :message, :locale, :request, :state,
        0, :created_at, :deadline_at);

-- name: get_job^
SELECT * FROM jobs WHERE id = :id;

-- name: list_unfinished
SELECT id FROM jobs WHERE told_at IS NULL AND id > :after ORDER BY id LIMIT :limit;

-- name: list_unfinished_of_account
SELECT * FROM jobs WHERE account_id = :account_id AND finished_at IS NULL ORDER BY id;

-- name: move_job^
UPDATE jobs SET state = :state, finished_at = :finished_at, problem = :problem, version = version + 1
 WHERE id = :id AND version = :version
RETURNING version;

-- name: present_job!
-- When nothing of a job is under way any more and there are pictures, it is time to deliver.
UPDATE jobs SET state = 'delivering', version = version + 1
 WHERE id = :id AND state = 'working'
   AND NOT EXISTS (SELECT 1 FROM calls WHERE job_id = :id
                    AND (state IN ('planned', 'submitting', 'waiting', 'fetching', 'unclear') OR elsewhere = 1))
   AND EXISTS (SELECT 1 FROM pictures WHERE job_id = :id);

-- name: set_told!
-- The first time counts, and nobody can know how an unfinished job ended.
UPDATE jobs SET told_at = :told_at WHERE id = :id AND told_at IS NULL AND finished_at IS NOT NULL;

-- name: set_status_message!
UPDATE jobs SET status_message = :message WHERE id = :id;

-- name: add_call!
INSERT INTO calls (id, job_id, ordinal, gateway, route, first_picture, pictures, seed, size, state, version,
                   attempts, failures, links, cost_micros)
VALUES (:id, :job_id, :ordinal, :gateway, :route, :first_picture, :pictures, :seed, :size, :state, 0,
        0, 0, '[]', :cost_micros);

-- name: list_calls
SELECT * FROM calls WHERE job_id = :job_id ORDER BY ordinal;

-- name: move_call^
UPDATE calls
   SET state = :state, due_at = :due_at, ref = :ref, links = :links, problem = :problem, attempts = :attempts,
       failures = :failures, elsewhere = :elsewhere, ended_at = COALESCE(ended_at, :ended_at),
       submitted_at = :submitted_at, charged_micros = :charged_micros, version = version + 1
 WHERE id = :id AND version = :version
RETURNING version;

-- name: abandon_calls!
-- With its job a call ends, whatever it was at. One that was turned away and is planned again was not taken:
-- as if it had never been submitted, it costs nothing.
UPDATE calls SET state = 'abandoned', version = version + 1,
       submitted_at = CASE WHEN state = 'planned' THEN NULL ELSE submitted_at END
 WHERE job_id = :job_id AND state IN ('planned', 'submitting', 'waiting', 'fetching', 'unclear');

-- name: add_picture!
INSERT INTO pictures (id, job_id, call_id, ordinal, media_key, width, height, bytes, mime, created_at)
VALUES (:id, :job_id, :call_id, :ordinal, :media_key, :width, :height, :bytes, :mime, :created_at);

-- name: list_pictures
SELECT pictures.*, EXISTS (SELECT 1 FROM deliveries WHERE picture_id = pictures.id) AS delivered
  FROM pictures WHERE job_id = :job_id ORDER BY ordinal;

-- name: add_delivery!
-- Nothing to note of a picture that was forgotten while it was on its way.
INSERT INTO deliveries (platform, chat, message, picture_id, person, created_at)
SELECT :platform, :chat, :message, pictures.id, COALESCE(:person, jobs.person), :created_at
  FROM pictures JOIN jobs ON jobs.id = pictures.job_id WHERE pictures.id = :picture_id
ON CONFLICT (platform, chat, message, picture_id) DO NOTHING;

-- name: closing_context^
SELECT entries.*,
       (SELECT COUNT(*) FROM pictures WHERE job_id = :job_id
         AND EXISTS (SELECT 1 FROM deliveries WHERE picture_id = pictures.id)) AS delivered
  FROM entries WHERE job_id = :job_id AND kind = 'hold';

-- name: add_entry!
INSERT INTO entries (id, account_id, job_id, chat_id, kind, day, created_at, held, settled, returned,
                     held_micros, settled_micros, returned_micros, closes)
VALUES (:id, :account_id, :job_id, :chat_id, :kind, :day, :created_at, :held, :settled, :returned,
        :held_micros, :settled_micros, :returned_micros, :closes);
