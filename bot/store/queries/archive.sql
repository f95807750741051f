-- name: find_shown^
SELECT pictures.id, pictures.job_id
  FROM deliveries JOIN pictures ON pictures.id = deliveries.picture_id
 WHERE deliveries.platform = :platform AND deliveries.chat = :chat AND deliveries.message = :message
 ORDER BY pictures.ordinal LIMIT 1;

-- name: find_latest^
SELECT pictures.id, pictures.job_id
  FROM deliveries JOIN pictures ON pictures.id = deliveries.picture_id
 WHERE deliveries.platform = :platform AND deliveries.chat = :chat AND deliveries.person = :person
 ORDER BY deliveries.created_at DESC, deliveries.picture_id DESC LIMIT 1;

-- name: find_picture^
SELECT id, job_id FROM pictures WHERE id = :id;

-- name: list_history
-- The holds are in the index in their order; looking ends with the last job that is wanted.
SELECT jobs.* FROM entries JOIN jobs ON jobs.id = entries.job_id
 WHERE entries.account_id =
       (SELECT account_id FROM identities WHERE platform = :platform AND person = :person)
   AND entries.held > 0
   AND EXISTS (SELECT 1 FROM pictures WHERE job_id = jobs.id)
 ORDER BY entries.created_at DESC LIMIT :limit;

-- name: list_posted
SELECT deliveries.platform, deliveries.chat, deliveries.message
  FROM pictures JOIN deliveries ON deliveries.picture_id = pictures.id
 WHERE pictures.job_id = :job_id
UNION
SELECT platform, chat, status_message FROM jobs WHERE id = :job_id AND status_message IS NOT NULL;

-- name: list_keepsakes
-- A job that is not finished needs its images still.
WITH finished AS (
    SELECT jobs.id FROM entries JOIN jobs ON jobs.id = entries.job_id
     WHERE entries.account_id =
           (SELECT account_id FROM identities WHERE platform = :platform AND person = :person)
       AND entries.held > 0 AND jobs.finished_at IS NOT NULL
)
SELECT pictures.media_key FROM finished JOIN pictures ON pictures.job_id = finished.id
UNION ALL
SELECT job_references.media_key FROM finished JOIN job_references ON job_references.job_id = finished.id;

-- name: list_forgettable
SELECT jobs.id, jobs.request FROM entries JOIN jobs ON jobs.id = entries.job_id
 WHERE entries.account_id = :account_id AND entries.held > 0
   AND jobs.finished_at IS NOT NULL AND jobs.event_key <> 'forgotten ' || jobs.id;

-- name: forget_job!
UPDATE jobs
   SET event_key = 'forgotten ' || id, person = '', chat = '', thread = NULL, message = NULL,
       status_message = NULL, request = :request, problem = NULL, told_at = COALESCE(told_at, :now)
 WHERE id = :job_id;

-- name: forget_calls!
UPDATE calls SET ref = NULL, links = '[]', problem = NULL WHERE job_id = :job_id;

-- name: forget_deliveries!
DELETE FROM deliveries WHERE picture_id IN (SELECT id FROM pictures WHERE job_id = :job_id);

-- name: forget_pictures!
DELETE FROM pictures WHERE job_id = :job_id;

-- name: forget_references!
DELETE FROM job_references WHERE job_id = :job_id;

-- name: forget_account!
UPDATE accounts SET settings = NULL, forgotten_at = :now WHERE id = :id;

-- name: list_accounts_to_unname
SELECT id FROM accounts
 WHERE forgotten_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM entries WHERE account_id = accounts.id AND created_at >= :before);

-- name: unname_account!
DELETE FROM identities WHERE account_id = :id;
