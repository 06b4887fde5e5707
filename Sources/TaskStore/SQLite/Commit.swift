import GRDB
import ServiceSupport
import TaskGridCore

/// One commit under way, inside its transaction. Nothing in it outlives the transaction: another process may have the file open.
struct Commit {
    let database: Database
    let store: StoreRow
    let types: TypeTable
    var cursors: Cursors
    var openRanges: OpenRanges
    var books = Books()
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
        var receipt = StoreReceipt()
        if !changes.submissions.isEmpty { receipt.submissions = try accept(changes.submissions) }
        if !changes.endings.isEmpty { receipt.endings = try end(changes.endings) }
        if !changes.reopenings.isEmpty {
            // A refusal says where the task stands, which is read with the cursors as they are written.
            try cursors.write()
            receipt.reopenings = try reopen(changes.reopenings)
        }
        if !changes.schedules.isEmpty { try schedule(changes.schedules) }
        if !changes.attempts.isEmpty { try note(changes.attempts) }
        if !changes.pauses.isEmpty { try pause(changes.pauses) }
        // Takes read them.
        try openRanges.write()
        var bytes = changes.takenBytes
        for take in changes.takes {
            let (handOuts, isExhausted) = bytes > 0 ? try self.take(take, bytes) : ([], false)
            bytes -= handOuts.reduce(0) { $0 + $1.payload.count }
            receipt.handOuts.append(handOuts)
            receipt.exhausted.append(isExhausted)
        }
        Failpoint.storeTransaction.pass()
        try cursors.write()
        try books.write(to: database)
        try writeStore(changes.clock)
        if !changes.forgets.isEmpty { receipt.forgotten = try changes.forgets.map { try forget($0) } }
        return receipt
    }

    private func writeStore(_ clock: StoreClockReading?) throws {
        guard lastTask > store.lastTask || clock.map(store.clock.mustFollow) ?? false else { return }
        let update = try BoundStatement(
            database,
            "UPDATE store SET last_task = ?, keys = keys + ?, clock = max(clock, coalesce(?, clock)), wall = coalesce(?, wall)"
        )
        try update.bind(lastTask, at: 1)
        try update.bind(keys, at: 2)
        try update.bind(clock?.clock.rawValue, at: 3)
        try update.bind(clock?.wall.rawValue, at: 4)
        try update.run()
    }

    private func check(_ term: Term) throws {
        guard term == store.term else {
            throw StoreError(.superseded, "another dispatcher has taken the store over (term \(store.term); this is of term \(term))")
        }
    }
}
