/// Open tasks by the stretch rather than by the row, and fewer indexes to keep for each task that ends: what a task costs is
/// how many trees it is written to.
extension Schema {
    static let version4 = """
        CREATE TABLE stretch (
            type INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            rest INTEGER NOT NULL,                 -- how many of its tasks are open and not deferred
            PRIMARY KEY (type, priority, first)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO stretch SELECT type, priority, id, id, 1 FROM open WHERE attempt IS NULL;

        CREATE TABLE special (
            id INTEGER PRIMARY KEY,
            type INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            attempt INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            interruptions INTEGER NOT NULL DEFAULT 0,
            due INTEGER,
            expires INTEGER,
            error TEXT
        ) STRICT;
        INSERT INTO special SELECT id, type, priority, attempt, failures, interruptions, due, expires, error
            FROM open WHERE attempt IS NOT NULL OR expires IS NOT NULL;
        DROP TABLE open;
        ALTER TABLE special RENAME TO open;
        CREATE INDEX open_aside ON open (type, due, id) WHERE attempt IS NOT NULL;
        CREATE INDEX open_expires ON open (expires) WHERE expires IS NOT NULL;

        DROP INDEX ending_completed;
        DROP INDEX ending_state;
        CREATE INDEX ending_unsuccessful ON ending (type, state) WHERE state <> 5;

        ALTER TABLE store ADD COLUMN walked INTEGER NOT NULL DEFAULT 0;     -- how far the search for endings to forget has come
        ALTER TABLE store ADD COLUMN pruned_to INTEGER NOT NULL DEFAULT 0;  -- the highest id of a task that is gone
        UPDATE store SET pruned_to = iif(pruned > 0, last_task, 0);
        """
}
