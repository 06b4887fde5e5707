import GRDB
import ServiceSupport
import TaskGridCore
import TaskStore

/// One commit under way, inside its transaction. Nothing in it outlives the transaction: another process may have the file open.
struct Commit {
    private enum StoreColumn: Int32, StatementColumn {
        case lastTask, keys, clock, wall
    }

    private static let updateStore = """
        UPDATE store SET last_task = \(StoreColumn.lastTask.parameter), keys = keys + \(StoreColumn.keys.parameter),
            clock = max(clock, coalesce(\(StoreColumn.clock.parameter), clock)), wall = coalesce(\(StoreColumn.wall.parameter), wall)
        """

    let database: Database
    let store: StoreRow
    let types: TypeTable
    var cursors: Cursors
    var openRanges: OpenRanges
    var counters = TaskCounters<Int64>()
    /// The highest id given.
    var lastTask: Int64
    /// Keys that were added.
    var keys = 0

    init(_ database: Database) throws {
        self.database = database
        store = try StoreRow(database)
        lastTask = store.lastTask
        types = TypeTable(database)
        cursors = Cursors(database)
        openRanges = OpenRanges(database)
    }

    mutating func apply(_ changes: StoreChanges) throws -> StoreReceipt {
        if let term = changes.term { try check(term) }
        for type in changes.types { _ = try types.number(adding: type) }
        let accepted = changes.submissions.isEmpty ? [] : try accept(changes.submissions)
        let ended = changes.endings.isEmpty ? [] : try end(changes.endings)
        var reopened: [Reopened] = []
        if !changes.reopenings.isEmpty {
            // A refusal names the task's state, which is read with the cursors as they are written.
            try cursors.write()
            reopened = try reopen(changes.reopenings)
        }
        if !changes.schedules.isEmpty { try schedule(changes.schedules) }
        if !changes.attempts.isEmpty { try note(changes.attempts) }
        if !changes.pauses.isEmpty { try pause(changes.pauses) }
        if !changes.bulkActions.isEmpty { try BulkActionRows.write(changes.bulkActions, to: database) }
        // Takes read them.
        try openRanges.write()
        var bytes = changes.takenBytes
        let taken = try changes.takes.map { take in
            let taken = bytes > 0 ? try self.take(take, bytes) : Taken(handOuts: [], isExhausted: false)
            bytes -= taken.handOuts.reduce(0) { $0 + $1.payload.count }
            return taken
        }
        Failpoint.storeTransaction.pass()
        try cursors.write()
        try counters.write(to: database)
        try writeStore(changes.clock)
        let forgotten = try changes.forgettings.map { try forget($0.type) }
        return StoreReceipt(submissions: accepted, endings: ended, reopenings: reopened, takes: taken, forgettings: forgotten)
    }

    private func writeStore(_ clock: StoreClockReading?) throws {
        guard lastTask > store.lastTask || clock.map(store.clock.mustFollow) ?? false else { return }
        let update = try BoundStatement(database, Self.updateStore)
        try update.bind(lastTask, to: StoreColumn.lastTask)
        try update.bind(keys, to: StoreColumn.keys)
        try update.bind(clock?.clock.rawValue, to: StoreColumn.clock)
        try update.bind(clock?.wall.rawValue, to: StoreColumn.wall)
        try update.run()
    }

    private func check(_ term: Term) throws {
        guard term == store.term else {
            if let move = try MoveMark.find(database) { throw StoreError(.moved, move.explanation) }
            throw StoreError(.superseded, "another dispatcher has taken the store over (term \(store.term); this is of term \(term))")
        }
    }
}
