-- What choosing among routes, editing and callbacks need.

-- A rejected call that another route may take over; when the gateway called us; when the pictures were done.
ALTER TABLE calls ADD COLUMN elsewhere INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN called_back_at BIGINT;
ALTER TABLE calls ADD COLUMN ended_at BIGINT;

-- The latest calls of a route: how long it takes, what it cost today.
CREATE INDEX calls_ended ON calls (route, ended_at) WHERE ended_at IS NOT NULL;

-- The images handed in with a request, once they are prepared.
CREATE TABLE job_references (
    job_id TEXT NOT NULL REFERENCES jobs (id),
    ordinal INTEGER NOT NULL,
    media_key TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    mime TEXT NOT NULL,
    PRIMARY KEY (job_id, ordinal)
);

-- The breakers that are open, by gateway or route.
CREATE TABLE breakers (
    scope TEXT PRIMARY KEY,
    why TEXT NOT NULL,
    open_until BIGINT NOT NULL
);

-- Secrets made by this service for itself, such as the one that signs callback addresses.
CREATE TABLE own_secrets (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
