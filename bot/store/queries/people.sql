-- name: add_account!
INSERT INTO accounts (id, created_at) VALUES (:id, :created_at);

-- name: add_identity!
INSERT INTO identities (platform, person, account_id) VALUES (:platform, :person, :account_id);

-- name: find_account^
SELECT account_id FROM identities WHERE platform = :platform AND person = :person;

-- name: recall^
-- All that is known of a person in a chat, in one look.
SELECT
    (SELECT accounts.settings FROM identities JOIN accounts ON accounts.id = identities.account_id
      WHERE identities.platform = :platform AND identities.person = :person) AS person,
    (SELECT settings FROM chats WHERE platform = :platform AND chat = :chat) AS chat,
    (SELECT content FROM asks WHERE platform = :platform AND chat = :chat AND person = :person) AS ask,
    (SELECT asked_at FROM asks WHERE platform = :platform AND chat = :chat AND person = :person) AS asked_at;

-- name: keep_settings!
-- Whoever settles something wants to be remembered.
UPDATE accounts SET settings = :settings, forgotten_at = NULL WHERE id = :id;

-- name: end_forgetting!
UPDATE accounts SET forgotten_at = NULL WHERE id = :id;

-- name: add_chat!
INSERT INTO chats (id, platform, chat) VALUES (:id, :platform, :chat);

-- name: keep_chat!
INSERT INTO chats (id, platform, chat, settings) VALUES (:id, :platform, :chat, :settings)
ON CONFLICT (platform, chat) DO UPDATE SET settings = excluded.settings;

-- name: get_chat^
SELECT id, settings FROM chats WHERE platform = :platform AND chat = :chat;

-- name: merge_entries!
UPDATE entries SET chat_id = :to_id WHERE chat_id = :from_id;

-- name: drop_chat!
DELETE FROM chats WHERE id = :id;

-- name: renumber_chat!
UPDATE chats SET chat = :chat, settings = COALESCE(:settings, settings) WHERE id = :id;

-- name: move_jobs!
-- In the chat's new number other messages have the old ones' numbers: no answer to one, and no edit, must meet
-- one of those.
UPDATE jobs SET chat = :new, thread = NULL, message = NULL, status_message = NULL
 WHERE platform = :platform AND chat = :old AND told_at IS NULL;

-- name: keep_ask!
INSERT INTO asks (platform, chat, person, content, asked_at)
VALUES (:platform, :chat, :person, :content, :asked_at)
ON CONFLICT (platform, chat, person) DO UPDATE SET content = excluded.content, asked_at = excluded.asked_at;

-- name: drop_ask!
DELETE FROM asks WHERE platform = :platform AND chat = :chat AND person = :person;

-- name: move_asks!
-- A question that was asked under the new number already stays.
INSERT INTO asks (platform, chat, person, content, asked_at)
SELECT platform, :new, person, content, asked_at FROM asks WHERE platform = :platform AND chat = :old
ON CONFLICT (platform, chat, person) DO NOTHING;

-- name: drop_asks_of_chat!
DELETE FROM asks WHERE platform = :platform AND chat = :chat;

-- name: drop_asks_of_person!
DELETE FROM asks WHERE platform = :platform AND person = :person;
