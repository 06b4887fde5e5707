import Postgres
import TaskGridCore
import TaskStore

extension SlotState {
    /// Reads the row of `slot`.
    init(_ rows: PostgresRows) throws {
        guard let term = try rows.first("term", Int64.self), let turn = try rows.first("turn", Int64.self),
            let lastTask = try rows.first("last_task", Int64.self), let keys = try rows.first("keys", Int64.self),
            let prunedTo = try rows.first("pruned_to", Int64.self), let keysOfAll = try rows.first("keys_of_all", Int64.self)
        else { throw StoreError(.corrupt, "the slot table has no row of slot \(Self.number)") }
        self.init(term: term, turn: turn, lastTask: lastTask, keys: keys, prunedTo: prunedTo, keysOfAll: keysOfAll)
    }
}

extension OpenState {
    /// How many rows one journey to the server brings.
    private static let page = 20_000

    /// Reads the state of a slot within a transaction, in which nothing else changes it.
    init(_ slot: SlotState, _ transaction: PostgresTransaction) async throws {
        self.init(slot: slot)
        let first = try await transaction.run([LoadSQL.types(), LoadSQL.cursors(SlotState.number)])
        let (ids, names) = (try first[0].column("id", Int32.self), try first[0].column("name", String.self))
        for row in first[0].indices { types.load(try TaskType(stored: names[row]), try ids[row]) }
        let positions = try first[1].column("id", Int64.self)
        let cursorNames = try CursorColumns(first[1])
        for row in first[1].indices { _ = cursors.index(adding: try cursorNames.name(row), position: try positions[row]) }
        try await loadRanges(transaction)
        try await loadDeferred(transaction)
    }

    private mutating func loadRanges(_ transaction: PostgresTransaction) async throws {
        var (name, after) = (CursorName(type: .min, priority: .min), Int64.min)
        var loaded: [OpenRange] = []
        while true {
            let statement = LoadSQL.ranges(SlotState.number, name.type, name.priority, after, Int32(Self.page))
            let rows = try await transaction.run([statement])[0]
            let names = try CursorColumns(rows)
            let (firsts, lasts) = (try rows.column("first", Int64.self), try rows.column("last", Int64.self))
            let (rests, pending) = (try rows.column("rest", Int32.self), try rows.column("pending", Int32.self))
            let hasRows = try rows.column("has_rows", Bool.self)
            for row in rows.indices {
                (name, after) = (try names.name(row), try firsts[row])
                let cursor = cursors.index(adding: name)
                let (last, waiting) = (try lasts[row], Int(try pending[row]))
                loaded.append(
                    OpenRange(
                        first: after, length: Int32(clamping: last - after + 1), rest: try rests[row], cursor: cursor,
                        hasRows: try hasRows[row]))
                if last > cursors[cursor].position { cursors.load(cursor, range: after, pending: waiting) }
            }
            if rows.count < Self.page { break }
        }
        for range in loaded.sorted(by: { $0.first < $1.first }) { ranges.load(range) }
    }

    private mutating func loadDeferred(_ transaction: PostgresTransaction) async throws {
        var after = Int64.min
        while true {
            let rows = try await transaction.run([LoadSQL.deferred(after, Int32(Self.page))])[0]
            let (ids, dues) = (try rows.column("id", Int64.self), try rows.column("due", Int64.self))
            let (names, attempts) = (try CursorColumns(rows), try rows.column("attempt", Int32.self))
            for row in rows.indices {
                after = try ids[row]
                let name = try names.name(row)
                let task = DeferredTask(
                    type: name.type, priority: name.priority, attempt: try attempts[row], due: try dues[ifPresent: row])
                deferred.load(after, task)
            }
            if rows.count < Self.page { return }
        }
    }
}

/// The columns `type` and `priority`.
private struct CursorColumns {
    private let type: PostgresColumn<Int32>
    private let priority: PostgresColumn<Int16>

    init(_ rows: PostgresRows) throws {
        (type, priority) = (try rows.column("type"), try rows.column("priority"))
    }

    func name(_ row: Int) throws -> CursorName { CursorName(type: try type[row], priority: try priority[row]) }
}
