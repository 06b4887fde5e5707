import GRDB
import TaskStore

extension StoreContents {
    /// Reads them from a snapshot.
    init(_ database: Database) throws {
        self.init(
            slot: try Slot(database), types: try TypeRow.all(database), cursors: try CursorRow.all(database),
            bulkActions: try BulkActionRow.all(database), blocks: try Self.blocks(database))
    }

    private static func blocks(_ database: Database) throws -> [Int64: Int64] {
        let query = try BoundStatement(database, "SELECT id >> 20 AS block, count(*) AS count FROM task GROUP BY block")
        var blocks: [Int64: Int64] = [:]
        while try query.step() { blocks[try query.int64("block")] = try query.int64("count") }
        return blocks
    }
}

extension StoreContents.Slot {
    fileprivate init(_ database: Database) throws {
        let row = try BoundStatement(
            database, "SELECT *, (SELECT count(*) FROM submission WHERE user = '') AS keys_of_all FROM store")
        guard try row.step(), let identity = try row.text("identity") else { throw StoreError(.corrupt, "the store table is empty") }
        self.init(
            identity: identity, secret: try row.data("secret"), epoch: try row.int64("epoch"), term: try row.int64("term"),
            lastTask: try row.int64("last_task"), lastType: try row.int64("last_type"), pruned: try row.int64("pruned"),
            prunedTo: try row.int64("pruned_to"), walked: try row.int64("walked"), swept: try row.int64("swept"),
            keys: try row.int64("keys"), keysOfAll: try row.int64("keys_of_all"), clock: try row.int64("clock"),
            wall: try row.int64("wall"), wallOffset: try row.int64("wall_offset"))
    }
}

extension StoreContents.TypeRow {
    fileprivate static func all(_ database: Database) throws -> [Self] {
        let row = try BoundStatement(database, "SELECT * FROM type ORDER BY id")
        var types: [Self] = []
        while try row.step() {
            types.append(
                Self(
                    id: try row.int64("id"), name: try row.text("name") ?? "", submitted: try row.int64("submitted"),
                    succeeded: try row.int64("succeeded"), failed: try row.int64("failed"), cancelled: try row.int64("cancelled"),
                    expired: try row.int64("expired"), kept: try row.int64("kept"), paused: try row.int64("paused")))
        }
        return types
    }
}

extension StoreContents.CursorRow {
    fileprivate static func all(_ database: Database) throws -> [Self] {
        let row = try BoundStatement(database, "SELECT type, priority, id FROM cursor")
        var cursors: [Self] = []
        while try row.step() {
            cursors.append(Self(type: try row.int64("type"), priority: try row.int64("priority"), id: try row.int64("id")))
        }
        return cursors
    }
}

extension StoreContents.BulkActionRow {
    fileprivate static func all(_ database: Database) throws -> [Self] {
        let row = try BoundStatement(database, "SELECT id, started, has_ended, action FROM bulk_action")
        var actions: [Self] = []
        while try row.step() {
            actions.append(
                Self(
                    id: try row.text("id") ?? "", started: try row.int64("started"), hasEnded: try row.int64("has_ended") != 0,
                    action: try row.data("action")))
        }
        return actions
    }
}

extension StoreTally {
    /// Counts in a snapshot.
    init(_ database: Database) throws {
        self.init()
        for sql in Self.queries + [Self.counterQuery(StoreTables.sqliteCounters)] {
            let row = try BoundStatement(database, sql)
            while try row.step() {
                add(
                    table: try row.text("name") ?? "", type: try row.int64("type"), state: try row.int64("state"),
                    rows: try row.int64("rows"), sum: try row.int64("total"))
            }
        }
    }
}
