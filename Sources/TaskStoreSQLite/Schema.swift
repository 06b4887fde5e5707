import Foundation
import GRDB

/// The tables of a store, and how a file comes to have them.
///
/// A task (`task`) and its ending (`ending`) are rows that are written once: changing a task's row costs as much
/// as all the rest together. Tasks that were submitted together are, while any of them is open, one `open_range` of ids: most tasks are
/// handed out in their order and end, and have no row of their own beside those two. A task of which there is more to say has one in
/// `open`, which goes when it ends:
///
/// | `open` | `attempt` | `due` | the task is |
/// |---|---|---|---|
/// | no row | | | in a range: handed out as attempt 1 where its id is up to the cursor, else pending |
/// | a row | null | null | the same, and expires |
/// | a row | n | 0 | deferred: pending, to go out before all others; n is the latest hand-out's number |
/// | a row | n | time | deferred: scheduled; n is the latest hand-out's number, 0 before the first |
/// | a row | n | null | deferred: handed out as attempt n |
///
/// So a task is open that has a row in `open`, or is in a range and has no ending; one that is gone has no row in `task`. A range counts
/// those of its tasks that are open and not deferred, and goes with the last of them.
///
/// Times are milliseconds of the store's clock since 1970, `timeout` is milliseconds, `run` microseconds, states are `TaskState`'s numbers.
///
/// `Schema.sql` has the tables as they are after all migrations.
enum Schema {
    /// Marks the file as a task store (`PRAGMA application_id`): "TGRD".
    static let applicationID: Int32 = 0x5447_5244

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: version1)
            try database.execute(
                sql: "INSERT INTO store (id, identity) VALUES (1, ?)", arguments: [UUID().uuidString.lowercased()]
            )
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("2") { try $0.execute(sql: version2) }
        migrator.registerMigration("3") { try $0.execute(sql: version3) }
        migrator.registerMigration("4") { try $0.execute(sql: version4) }
        migrator.registerMigration("5") { try $0.execute(sql: version5) }
        migrator.registerMigration("6") { try $0.execute(sql: version6) }
        migrator.registerMigration("7") { try $0.execute(sql: version7) }
        migrator.registerMigration("8") { try $0.execute(sql: version8) }
        migrator.registerMigration("9") { try $0.execute(sql: version9) }
        migrator.registerMigration("10") { try addProofs(to: $0) }
        migrator.registerMigration("11") { try $0.execute(sql: version11) }
        migrator.registerMigration("12") { try $0.execute(sql: version12) }
        return migrator
    }

    private static let version1 = """
        CREATE TABLE store (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            identity TEXT NOT NULL,
            last_task INTEGER NOT NULL DEFAULT 0,  -- the highest id ever given
            pruned INTEGER NOT NULL DEFAULT 0,     -- ended tasks that are gone
            swept INTEGER NOT NULL DEFAULT 0       -- how far the search for keys to forget has come
        ) STRICT;

        CREATE TABLE type (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            submitted INTEGER NOT NULL DEFAULT 0,
            succeeded INTEGER NOT NULL DEFAULT 0,
            failed INTEGER NOT NULL DEFAULT 0,
            cancelled INTEGER NOT NULL DEFAULT 0,
            expired INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE submission (
            first INTEGER PRIMARY KEY,             -- the id of its first task
            count INTEGER NOT NULL,
            key TEXT NOT NULL UNIQUE,
            client TEXT,
            correlation TEXT,
            form INTEGER NOT NULL,                 -- 0 single, 1 batch
            created INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE task (
            id INTEGER PRIMARY KEY,
            type INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            position INTEGER NOT NULL,             -- id - position is its submission's first
            max_attempts INTEGER NOT NULL,
            timeout INTEGER,
            payload BLOB NOT NULL
        ) STRICT;

        CREATE TABLE open (
            type INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            id INTEGER NOT NULL,
            attempt INTEGER,
            failures INTEGER NOT NULL DEFAULT 0,
            interruptions INTEGER NOT NULL DEFAULT 0,
            due INTEGER,
            expires INTEGER,
            error TEXT,
            PRIMARY KEY (type, priority, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX open_aside ON open (type, due, id) WHERE attempt IS NOT NULL;
        CREATE INDEX open_expires ON open (expires) WHERE expires IS NOT NULL;

        CREATE TABLE cursor (
            type INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            id INTEGER NOT NULL,
            PRIMARY KEY (type, priority)
        ) STRICT, WITHOUT ROWID;

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
        CREATE INDEX ending_completed ON ending (completed);
        CREATE INDEX ending_state ON ending (type, state);
        """
}
