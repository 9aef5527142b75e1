-- Times are milliseconds since 1970 in UTC. Words in `state`, `status` and
-- `reason` are the words of the code and of the messages.

CREATE TABLE subscribers (
    id          INTEGER PRIMARY KEY,
    address     TEXT    NOT NULL,
    address_key TEXT    NOT NULL UNIQUE,
    domain      TEXT    NOT NULL,
    first_name  TEXT    NOT NULL,
    last_name   TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('subscribed', 'unconfirmed', 'unsubscribed')),
    origin      TEXT    NOT NULL,
    fields      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE suppressions (
    address_key TEXT    PRIMARY KEY,
    reason      TEXT    NOT NULL CHECK (reason IN ('hard-bounce', 'complaint', 'manual')),
    origin      TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The rows of one campaign are written by one statement, so their numbers
-- follow each other: first_row to last_row. Counting a campaign reads that
-- range, and needs no index that every change of state would have to keep.
CREATE TABLE campaigns (
    id          INTEGER PRIMARY KEY,
    newsletter  TEXT    NOT NULL,
    slug        TEXT    NOT NULL,
    manifest    TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    provenance  TEXT    NOT NULL,
    source_hash TEXT    NOT NULL,
    number      INTEGER,
    via         TEXT    NOT NULL,
    allowed     TEXT    NOT NULL,
    frozen_at   INTEGER NOT NULL,
    first_row   INTEGER NOT NULL,
    last_row    INTEGER NOT NULL,
    paused_at   INTEGER,
    pause_note  TEXT    NOT NULL DEFAULT '',
    finished_at INTEGER,
    UNIQUE (newsletter, slug)
) STRICT;

-- The ledger. A campaign is one (newsletter, slug), so an address stands in it once.
CREATE TABLE recipients (
    id          INTEGER PRIMARY KEY,
    campaign    INTEGER NOT NULL REFERENCES campaigns (id),
    subscriber  INTEGER NOT NULL,
    address_key TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'reserved', 'started', 'sent',
                                                  'deferred', 'rejected', 'unknown', 'withdrawn')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL DEFAULT 0,
    boot_id     TEXT,
    class       TEXT,
    note        TEXT    NOT NULL DEFAULT '',
    updated_at  INTEGER NOT NULL,
    UNIQUE (campaign, address_key)
) STRICT;

-- What can be claimed. Starting and closing a row does not touch this index.
CREATE INDEX recipients_claimable ON recipients (campaign, state, due_at)
    WHERE state = 'pending' OR state = 'deferred';

CREATE TABLE proofs (
    id          INTEGER PRIMARY KEY,
    newsletter  TEXT    NOT NULL,
    slug        TEXT    NOT NULL,
    digest      TEXT    NOT NULL,
    source_hash TEXT    NOT NULL,
    theme_hash  TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    manifest    TEXT    NOT NULL,
    via         TEXT    NOT NULL,
    editors     INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

CREATE INDEX proofs_by_issue ON proofs (newsletter, slug);

CREATE TABLE signing_keys (
    id         INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 65535),
    secret     BLOB    NOT NULL CHECK (length(secret) = 32),
    made_at    INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

-- What was about to be asked of a provider, and then what came of it.
CREATE TABLE provider_pushes (
    id         INTEGER PRIMARY KEY,
    newsletter TEXT    NOT NULL,
    slug       TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    remote_id  TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('sending', 'sent', 'not-sent')),
    at         INTEGER NOT NULL
) STRICT;

CREATE INDEX provider_pushes_by_issue ON provider_pushes (newsletter, slug, provider);

CREATE TABLE marks (
    name TEXT    PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
