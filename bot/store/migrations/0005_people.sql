-- What people and chats settled, whose picture a message shows, and limits for a whole chat.

-- Who asked for a job, by the platform's id.
CREATE INDEX identities_of_account ON identities (account_id, platform, person);
ALTER TABLE jobs ADD COLUMN person TEXT NOT NULL DEFAULT '';
UPDATE jobs SET person = COALESCE(
    (SELECT MIN(identities.person) FROM identities
      WHERE identities.account_id = jobs.account_id AND identities.platform = jobs.platform), '');

-- `forgotten_at` is when a person asked to be forgotten. It is empty again as soon as they come back, and when
-- their name was taken off the account, so that the index holds only those that still wait for it.
ALTER TABLE accounts ADD COLUMN settings TEXT;
ALTER TABLE accounts ADD COLUMN forgotten_at BIGINT;
CREATE INDEX accounts_forgotten ON accounts (id) WHERE forgotten_at IS NOT NULL;

-- Groups and channels. A private chat has no row.
CREATE TABLE chats (
    id TEXT PRIMARY KEY,
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    settings TEXT,
    UNIQUE (platform, chat)
);

-- The chat whose day an entry counts for, too; the entry that closes a hold names the chat of the hold.
-- What is for a private chat is not in the index and so costs it nothing.
ALTER TABLE entries ADD COLUMN chat_id TEXT REFERENCES chats (id);
CREATE INDEX entries_of_chat ON entries (chat_id, day, held, returned) WHERE chat_id IS NOT NULL;

-- The question of ours that is open with a person in a chat.
CREATE TABLE asks (
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    person TEXT NOT NULL,
    content TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (platform, chat, person)
);
CREATE INDEX asks_of_person ON asks (platform, person);

-- A message finds its picture, and a picture may be sent several times, each time to any chat. `person` is who
-- asked for the picture: the latest one in a chat is found without a look at what others were sent there.
ALTER TABLE deliveries RENAME TO former_deliveries;
CREATE TABLE deliveries (
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    message TEXT NOT NULL,
    picture_id TEXT NOT NULL REFERENCES pictures (id),
    person TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (platform, chat, message, picture_id)
);
INSERT INTO deliveries (platform, chat, message, picture_id, person, created_at)
SELECT jobs.platform, jobs.chat, former_deliveries.message, pictures.id, jobs.person,
       former_deliveries.created_at
  FROM former_deliveries
  JOIN pictures ON pictures.id = former_deliveries.picture_id
  JOIN jobs ON jobs.id = pictures.job_id;
DROP TABLE former_deliveries;
CREATE INDEX deliveries_of_picture ON deliveries (picture_id);
CREATE INDEX deliveries_latest ON deliveries (platform, chat, person, created_at, picture_id);
