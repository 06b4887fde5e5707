import TaskStore

/// The tables of a store, and how a PostgreSQL schema comes to have them.
///
/// A task (`task`) and its ending (`ending`) are rows that are written once, in partitions by blocks of 2^20 ids. Neighbouring ids of one
/// type and priority are, while any of them is open, one `open_range`: most tasks are handed out in their order and end, and have no row
/// of their own beside those two. A task of which there is more to say has one in `open`, which goes when it ends:
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
/// those of its tasks that are open and not deferred, and goes with the last of them. Other than in SQLite's store, a range joins
/// neighbours of several submissions, up to ``OpenRange/maximumLength`` ids.
///
/// Rows that belong to no task have the number of their slot, of which there is one, 0. A task's slot follows from its id: blocks of 2^20
/// ids belong to slots in turn.
///
/// `Schema.sql` has the tables as they are after all migrations.
enum Schema {
    /// The number of the latest migration that this program knows.
    static let version = Int32(migrations.count)

    /// The statements of each migration, the first of which makes an empty schema the first version of a store.
    static let migrations: [[String]] = [version1]

    /// How many partitions the keys have.
    static let keyPartitions = 4

    /// - Throws: `StoreError` for a name that PostgreSQL would cut, so that two grids would share a schema.
    static func check(name: String) throws(StoreError) {
        guard name.utf8.count <= 63 else {
            throw StoreError(
                .badRequest,
                "'\(name)' is too long for the name of a PostgreSQL schema, which has at most 63 bytes; give the grid a shorter prefix")
        }
    }

    /// To a user without the right USAGE on a schema its tables are as if they were not there.
    static func withoutUsage(_ name: String) -> StoreError {
        StoreError(.readOnly, "this user lacks the right USAGE on the schema; GRANT USAGE ON SCHEMA \(quoted(name)) to it")
    }

    /// A name in SQL, quoted.
    static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
