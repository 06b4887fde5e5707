import GRDB
import TaskGridCore

/// The secret by which results are known to be for work that was handed out. A store of an earlier version gets one when it is opened;
/// what that version handed out has no proof and runs again.
///
/// No code raises the epoch, because a file does not show that it is a copy: whoever restores one does (`Operating.md`).
extension Schema {
    static func addProofs(to database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE store ADD COLUMN secret BLOB NOT NULL DEFAULT x'';  -- random, made with the store
                ALTER TABLE store ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;  -- raised when the store goes on from a copy
                """)
        try database.execute(sql: "UPDATE store SET secret = ?", arguments: [ProofKey.randomSecret()])
    }
}
