-- The tables of a store as they are after all migrations, in one PostgreSQL schema that the grid's prefix names. A test compares this file
-- with a store that was made anew; the migrations are in Schema+Version*.swift. Schema.swift says how the rows of a task belong together.
--
-- Times are milliseconds of the store's clock since 1970, `timeout` is milliseconds, `run` microseconds.
-- States are the numbers of TaskState: 5 succeeded, 6 failed, 7 cancelled, 8 expired.

-- One row: what the grid as a whole remembers.
CREATE TABLE grid (
    version integer NOT NULL,                  -- the number of the latest migration
    last_type integer NOT NULL DEFAULT 0,      -- the highest number ever given to a type
    origin text                                -- the id of the move that brought the record here; null: none did
);

-- A row for each slot, which is one scheduler with ids, term and clock of its own. Updated by each turn.
CREATE TABLE slot (
    slot integer PRIMARY KEY,
    term bigint NOT NULL DEFAULT 0,            -- of the dispatcher that began last
    turn bigint NOT NULL DEFAULT 0,            -- raised by each transaction that changes the slot's rows
    last_task bigint NOT NULL DEFAULT 0,       -- the highest id ever given
    clock bigint NOT NULL DEFAULT 0,           -- the store's clock, as the latest commit saved it
    wall bigint NOT NULL DEFAULT 0,            -- what the wall clock showed with it
    wall_offset bigint NOT NULL DEFAULT 0,     -- wall less clock, when absolute times were aligned
    keys bigint NOT NULL DEFAULT 0,            -- rows of `submission`
    pruned bigint NOT NULL DEFAULT 0,          -- ended tasks that are gone
    pruned_to bigint NOT NULL DEFAULT 0,       -- the highest id of a task that is gone
    walked bigint NOT NULL DEFAULT 0,          -- how far the search for endings to forget has come
    swept bigint NOT NULL DEFAULT 0,           -- how far the search for keys to forget has come
    epoch bigint NOT NULL DEFAULT 0,           -- raised when the store goes on from a copy: earlier proofs hold no more
    timeline bigint,                           -- the database's, when the term began; null: it could not be read
    identity text NOT NULL,                    -- a UUID, made with the store
    secret bytea NOT NULL,                     -- random, made with the store: the key of the proofs of work
    home text,                                 -- which table this was when the term began: another one was restored; null: not known
    keys_of_all bigint NOT NULL DEFAULT 0      -- rows of `submission` without a user, whose keys hold for all: from an SQLite store
) WITH (fillfactor = 10);

-- The dispatcher that a slot is leased to; beside `slot`, so that it is renewed while a commit holds that row. Unlike all others, its times
-- are of the server's clock.
CREATE TABLE lease (
    slot integer PRIMARY KEY,
    holder text,                               -- null: nobody
    renewed timestamptz,
    until timestamptz
) WITH (fillfactor = 10);

-- A row for each known type of the grid, and one with the number 0 and no name for the counters of those that were forgotten.
CREATE TABLE type (
    id integer PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    paused bigint NOT NULL DEFAULT 0           -- 1 until it is resumed, or when the pause ends
);

-- The counters of a type in a slot; no row: all are 0.
CREATE TABLE counter (
    slot integer NOT NULL,
    type integer NOT NULL,
    submitted bigint NOT NULL DEFAULT 0,
    succeeded bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    expired bigint NOT NULL DEFAULT 0,
    kept bigint NOT NULL DEFAULT 0,            -- its rows in `task` and in `submission`
    PRIMARY KEY (slot, type)
) WITH (fillfactor = 20);

-- A row for each submission, found again by its idempotency key.
CREATE TABLE submission (
    first bigint NOT NULL,                     -- the id of its first task
    created bigint NOT NULL,
    count integer NOT NULL,
    form smallint NOT NULL,                    -- 0 single, 1 batch
    "user" text COLLATE "C" NOT NULL,          -- who submitted it; empty: not known
    key text COLLATE "C" NOT NULL,
    client text,
    correlation text,
    type text NOT NULL,                        -- its name; empty: not known, as is the fingerprint then
    fingerprint bytea NOT NULL,
    PRIMARY KEY (key, "user")
) PARTITION BY HASH (key, "user");
CREATE INDEX submission_first ON submission (first);

-- What a task is; written once.
CREATE TABLE task (
    id bigint PRIMARY KEY,
    timeout bigint,
    type integer NOT NULL,
    "position" integer NOT NULL,               -- id - position is its submission's first
    max_attempts integer NOT NULL,
    priority smallint NOT NULL,
    backoff text,                              -- the task's own; null: it has none
    payload bytea NOT NULL
) PARTITION BY RANGE (id);
ALTER TABLE task ALTER payload SET STORAGE EXTERNAL; -- not compressed

-- How a task ended; written once, and removed only when the task is retried or forgotten.
CREATE TABLE ending (
    id bigint PRIMARY KEY,
    completed bigint NOT NULL,
    run bigint NOT NULL,
    type integer NOT NULL,
    attempt integer NOT NULL,
    state smallint NOT NULL,
    worker text NOT NULL,
    error text,
    result bytea
) PARTITION BY RANGE (id);
ALTER TABLE ending ALTER result SET STORAGE EXTERNAL; -- not compressed
CREATE INDEX ending_unsuccessful ON ending (type, state, id) WHERE state <> 5;

-- Attempts that did not succeed.
CREATE TABLE attempt (
    task bigint NOT NULL,
    ended bigint NOT NULL,
    run bigint,                                -- null where it is not known
    number integer NOT NULL,
    outcome text NOT NULL,
    worker text,
    error text,
    PRIMARY KEY (task, number)
) PARTITION BY RANGE (task);

-- The blocks of 2^20 ids that have partitions of their own. The partitions `…_below` hold what is left of all lower ones.
CREATE TABLE block (
    number bigint PRIMARY KEY
);

-- Tasks of one type and priority whose ids are neighbours, while any of them is open.
CREATE TABLE open_range (
    type integer NOT NULL,
    priority smallint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    rest integer NOT NULL,                     -- how many of its tasks are open and not deferred
    PRIMARY KEY (type, priority, first)
) WITH (fillfactor = 50);

-- Open tasks of which there is more to say than their range does.
CREATE TABLE open (
    id bigint PRIMARY KEY,
    due bigint,                                -- 0: at once, before all others; null: handed out
    expires bigint,
    due_at bigint,                             -- by the wall clock, where a person gave an absolute time; then `due`
    expires_at bigint,                         -- and `expires` follow it
    type integer NOT NULL,
    attempt integer,                           -- the number of the latest hand-out of a deferred task; null: it is in a range
    failures integer NOT NULL DEFAULT 0,
    interruptions integer NOT NULL DEFAULT 0,
    priority smallint NOT NULL,
    error text                                 -- of the latest attempt
) WITH (fillfactor = 80);
CREATE INDEX open_deferred ON open (type, due, id) WHERE attempt IS NOT NULL;
CREATE INDEX open_scheduled ON open (type, id) WHERE attempt IS NOT NULL AND due IS NOT NULL;
CREATE INDEX open_expires ON open (expires, id) WHERE expires IS NOT NULL;
CREATE INDEX open_absolute ON open (id) WHERE due_at IS NOT NULL OR expires_at IS NOT NULL;

-- Up to which id the tasks in ranges have been handed out.
CREATE TABLE cursor (
    slot integer NOT NULL,
    type integer NOT NULL,
    priority smallint NOT NULL,
    id bigint NOT NULL,
    PRIMARY KEY (slot, type, priority)
) WITH (fillfactor = 20);

-- Changes to all tasks that a filter means, under way or ended.
CREATE TABLE bulk_action (
    slot integer NOT NULL,
    id text COLLATE "C" NOT NULL,              -- chosen by whoever started it
    started bigint NOT NULL,
    has_ended boolean NOT NULL,
    action bytea NOT NULL,                     -- JSON, as the query `bulk_actions` answers it
    PRIMARY KEY (slot, id)
);
