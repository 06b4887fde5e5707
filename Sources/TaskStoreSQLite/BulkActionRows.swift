import Foundation
import GRDB
import TaskGridCore
import TaskStore

/// The rows of bulk actions, each of which is written whole.
enum BulkActionRows {
    /// The one that was started last first.
    static func all(_ database: Database) throws -> [BulkAction] {
        let query = try BoundStatement(database, "SELECT action FROM bulk_action ORDER BY started DESC, id DESC")
        var actions: [BulkAction] = []
        while try query.step() {
            do {
                actions.append(try JSON.decode(BulkAction.self, query.data("action")))
            } catch let error as WireError {
                throw StoreError(.corrupt, "a bulk action cannot be read: \(error)")
            }
        }
        return actions
    }

    static func write(_ actions: [BulkAction], to database: Database) throws {
        let upsert = try BoundStatement(
            database,
            """
            INSERT INTO bulk_action (id, started, has_ended, action) VALUES (:id, :started, :has_ended, :action)
            ON CONFLICT (id) DO UPDATE SET has_ended = excluded.has_ended, action = excluded.action
            """
        )
        for action in actions {
            try upsert.bind(action.id, to: ":id")
            try upsert.bind(action.started.rawValue, to: ":started")
            try upsert.bind(action.ended == nil ? 0 : 1, to: ":has_ended")
            try upsert.bind(JSON.encode(action), to: ":action")
            try upsert.run()
        }
        let forget = try BoundStatement(
            database,
            """
            DELETE FROM bulk_action WHERE id IN
                (SELECT id FROM bulk_action WHERE has_ended = 1 ORDER BY started DESC, id DESC LIMIT -1 OFFSET :kept)
            """
        )
        try forget.bind(BulkAction.maximum, to: ":kept")
        try forget.run()
    }
}
