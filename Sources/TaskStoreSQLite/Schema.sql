-- The tables of a store as they are after all migrations. A test compares this file with a store that was made anew; the migrations
-- are in Schema.swift and Schema+Version*.swift. Schema.swift says how the rows of a task belong together.
--
-- Times are milliseconds of the store's clock since 1970, `timeout` is milliseconds, `run` microseconds.
-- States are the numbers of TaskState: 5 succeeded, 6 failed, 7 cancelled, 8 expired.

-- One row: what the store as a whole remembers.
CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    identity TEXT NOT NULL,                    -- a UUID, made with the store
    last_task INTEGER NOT NULL DEFAULT 0,      -- the highest id ever given
    pruned INTEGER NOT NULL DEFAULT 0,         -- ended tasks that are gone
    swept INTEGER NOT NULL DEFAULT 0,          -- how far the search for keys to forget has come
    term INTEGER NOT NULL DEFAULT 0,           -- of the dispatcher that began last
    walked INTEGER NOT NULL DEFAULT 0,         -- how far the search for endings to forget has come
    pruned_to INTEGER NOT NULL DEFAULT 0,      -- the highest id of a task that is gone
    clock INTEGER NOT NULL DEFAULT 0,          -- the store's clock, as the latest commit saved it
    wall INTEGER NOT NULL DEFAULT 0,           -- what the wall clock showed with it
    wall_offset INTEGER NOT NULL DEFAULT 0,    -- wall less clock, when absolute times were aligned
    keys INTEGER NOT NULL DEFAULT 0,           -- rows of `submission`
    last_type INTEGER NOT NULL DEFAULT 0,      -- the highest number ever given to a type
    secret BLOB NOT NULL DEFAULT x'',          -- random, made with the store: the key of the proofs of work
    epoch INTEGER NOT NULL DEFAULT 0           -- raised when the store goes on from a copy: earlier proofs hold no more
) STRICT;

-- A row for each known type, and one with the number 0 and no name for the counters of those that were forgotten.
CREATE TABLE type (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    submitted INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,         -- 1 until it is resumed, or when the pause ends
    kept INTEGER NOT NULL DEFAULT 0            -- its rows in `task`, and in `submission` where that has a type
) STRICT;

-- A row for each submission, found again by its idempotency key.
CREATE TABLE submission (
    first INTEGER PRIMARY KEY,                 -- the id of its first task
    count INTEGER NOT NULL,
    user TEXT NOT NULL,                        -- who submitted it; empty: accepted by an earlier version
    key TEXT NOT NULL,
    client TEXT,
    correlation TEXT,
    form INTEGER NOT NULL,                     -- 0 single, 1 batch
    created INTEGER NOT NULL,
    type TEXT,                                 -- its name, which outlives the type; null: accepted by an earlier version
    fingerprint BLOB,                          -- the same
    UNIQUE (user, key)
) STRICT;

-- What a task is; written once.
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    position INTEGER NOT NULL,                 -- id - position is its submission's first
    max_attempts INTEGER NOT NULL,
    timeout INTEGER,
    payload BLOB NOT NULL,
    backoff TEXT                               -- the task's own; null: it has none
) STRICT;

-- Tasks that were submitted together, while any of them is open.
CREATE TABLE open_range (
    type INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    rest INTEGER NOT NULL,                     -- how many of its tasks are open and not deferred
    PRIMARY KEY (type, priority, first)
) STRICT, WITHOUT ROWID;

-- Open tasks of which there is more to say than their range does.
CREATE TABLE open (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    attempt INTEGER,                           -- the number of the latest hand-out of a deferred task; null: it is in a range
    failures INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    due INTEGER,                               -- 0: at once, before all others; null: handed out
    expires INTEGER,
    error TEXT,                                -- of the latest attempt
    due_at INTEGER,                            -- by the wall clock, where a person gave an absolute time; then `due`
    expires_at INTEGER                         -- and `expires` follow it
) STRICT;
CREATE INDEX open_deferred ON open (type, due, id) WHERE attempt IS NOT NULL;
CREATE INDEX open_scheduled ON open (type, id) WHERE attempt IS NOT NULL AND due IS NOT NULL;
CREATE INDEX open_expires ON open (expires) WHERE expires IS NOT NULL;

-- Up to which id the tasks in ranges have been handed out.
CREATE TABLE cursor (
    type INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (type, priority)
) STRICT, WITHOUT ROWID;

-- How a task ended; written once, and removed only when the task is retried or forgotten.
CREATE TABLE ending (
    id INTEGER PRIMARY KEY,
    type INTEGER NOT NULL,
    state INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    run INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    worker TEXT NOT NULL,
    error TEXT,
    result BLOB
) STRICT;
CREATE INDEX ending_unsuccessful ON ending (type, state) WHERE state <> 5;

-- Attempts that did not succeed.
CREATE TABLE attempt (
    task INTEGER NOT NULL,
    number INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    ended INTEGER NOT NULL,
    run INTEGER,                               -- null where it is not known
    worker TEXT,
    error TEXT,
    PRIMARY KEY (task, number)
) STRICT, WITHOUT ROWID;

-- Changes to all tasks that a filter means, under way or ended.
CREATE TABLE bulk_action (
    id TEXT PRIMARY KEY,                       -- chosen by whoever started it
    started INTEGER NOT NULL,
    has_ended INTEGER NOT NULL,
    action BLOB NOT NULL                       -- JSON, as the query `bulk_actions` answers it
) STRICT, WITHOUT ROWID;

-- One row while the record is being moved to another store, and for ever after that; none otherwise.
CREATE TABLE move (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    copy TEXT NOT NULL,                        -- a UUID, which the other store has too
    destination TEXT NOT NULL,                 -- the other store's URL, without a password
    schema TEXT NOT NULL,
    started INTEGER NOT NULL,                  -- by the wall clock
    finished INTEGER                           -- the same; null: it is being copied
) STRICT;
