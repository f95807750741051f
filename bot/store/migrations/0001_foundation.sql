-- Accounts, jobs and the ledger. Runs on SQLite and PostgreSQL alike: text ids, integers, UTC milliseconds.

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    created_at BIGINT NOT NULL
);

-- A person as one platform knows them.
CREATE TABLE identities (
    platform TEXT NOT NULL,
    person TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (platform, person)
);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    event_key TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    platform TEXT NOT NULL,
    chat TEXT NOT NULL,
    thread TEXT,
    message TEXT,
    locale TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    finished_at BIGINT,
    told_at BIGINT,
    status_message TEXT,
    problem TEXT
);

-- Small, because finished jobs leave them: finding work never gets slower with history.
-- A job whose end its person was not told yet still needs us.
CREATE INDEX jobs_untold ON jobs (id) WHERE told_at IS NULL;
CREATE INDEX jobs_unfinished_of_account ON jobs (account_id, id) WHERE finished_at IS NULL;

CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id),
    ordinal INTEGER NOT NULL,
    gateway TEXT NOT NULL,
    route TEXT NOT NULL,
    first_picture INTEGER NOT NULL,
    pictures INTEGER NOT NULL,
    seed BIGINT,
    size TEXT,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    ref TEXT,
    due_at BIGINT,
    submitted_at BIGINT,
    links TEXT NOT NULL,
    problem TEXT,
    cost_micros BIGINT,
    charged_micros BIGINT,
    UNIQUE (job_id, ordinal)
);

CREATE TABLE pictures (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id),
    call_id TEXT NOT NULL REFERENCES calls (id),
    ordinal INTEGER NOT NULL,
    media_key TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    mime TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (job_id, ordinal)
);

CREATE TABLE deliveries (
    picture_id TEXT PRIMARY KEY REFERENCES pictures (id),
    message TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Append-only. A hold reserves, one closing entry ends it; `day` is the local day of the hold.
CREATE TABLE entries (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'settle', 'release')),
    day INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    held INTEGER NOT NULL CHECK (held >= 0),
    settled INTEGER NOT NULL CHECK (settled >= 0),
    returned INTEGER NOT NULL CHECK (returned >= 0),
    held_micros BIGINT NOT NULL CHECK (held_micros >= 0),
    settled_micros BIGINT NOT NULL CHECK (settled_micros >= 0),
    returned_micros BIGINT NOT NULL CHECK (returned_micros >= 0),
    closes TEXT REFERENCES entries (id),
    CHECK ((kind = 'hold') = (closes IS NULL)),
    CHECK ((kind = 'hold') = (held > 0))
);

-- The database itself refuses a second hold of a job and a second closing of a hold.
CREATE UNIQUE INDEX entries_one_hold ON entries (job_id) WHERE kind = 'hold';
CREATE UNIQUE INDEX entries_one_closing ON entries (closes) WHERE closes IS NOT NULL;
-- What an account uses today and in the last minute, and its history, the latest first: one index for all,
-- because each further one is another page that accepting changes at a random place.
CREATE INDEX entries_window ON entries (account_id, created_at, day, held, returned);
