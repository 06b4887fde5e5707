import Postgres
import TaskGridCore
import TaskStore

/// A block that may go whole: what of it stays, as one snapshot has it.
struct BlockRemoval {
    /// The most tasks that stay, and the most bytes of theirs: they are copied while everything waits.
    static let mostKept = 10_000
    static let mostBytes = 64 << 20

    let block: Block
    let kept: [Int64]
    /// How many tasks of each type it has.
    let counts: [Int32: Int64]

    /// Looks at the lowest block.
    ///
    /// - Parameters:
    ///   - retention: what is to be kept.
    ///   - excess: how many ended tasks there are more than are kept.
    ///   - lastTask: the highest id that was given.
    ///   - snapshot: the transaction that it reads in.
    /// - Returns: Nil where it cannot go whole: not all of its ids are given, or too much of it stays.
    init?(_ retention: Retention, excess: Int, lastTask: Int64, _ snapshot: PostgresTransaction) async throws {
        guard let number = try await snapshot.run([BlockSQL.lowest()])[0].first("number", Int64.self) else { return nil }
        let block = Block(number: number)
        guard block.end <= lastTask + 1 else { return nil }
        let sql = BlockSQL(block: block)
        let before = retention.before.rawValue
        let size = try await snapshot.run([BlockSQL.mayScan(), BlockSQL.mayHash(), sql.count, sql.ended(before: before)])
        let counts = try Self.counts(size[2])
        let tasks = counts.values.reduce(0, +)
        guard let ended = try size[3].first("ended", Int64.self), let young = try size[3].first("young", Int64.self) else { return nil }
        // Beyond the number that is kept, age does not matter.
        let mayAllGo = Int(ended) <= excess
        guard tasks - ended + (mayAllGo ? 0 : young) <= Self.mostKept else { return nil }
        let rows = try await snapshot.run([sql.kept(before: mayAllGo ? .max : before, limit: Self.mostKept + 1)])[0]
        let (ids, bytes) = (try rows.values("id", Int64.self), try rows.values("bytes", Int32.self))
        guard ids.count <= Self.mostKept, bytes.reduce(0, { $0 + Int($1) }) <= Self.mostBytes else { return nil }
        self.block = block
        kept = ids
        self.counts = counts
    }

    static func counts(_ rows: PostgresRows) throws -> [Int32: Int64] {
        let (type, count) = (try rows.column("type", Int32.self), try rows.column("count", Int64.self))
        var counts: [Int32: Int64] = [:]
        for row in rows.indices { counts[try type[row]] = try count[row] }
        return counts
    }
}

extension Writer {
    /// Removes a block, in one short transaction that waits for nobody: a reader that holds a table has it tried again later.
    ///
    /// - Parameters:
    ///   - removal: the block.
    ///   - generation: the number of changes that the snapshot was read after.
    /// - Returns: How many tasks went; nil: not now.
    func remove(_ removal: BlockRemoval, generation: Int) async throws -> Int? {
        await enter()
        defer { leave() }
        // A task that was reopened since is not among those that stay, and another look may have removed the block.
        guard generation == self.generation else { return nil }
        let sql = BlockSQL(block: removal.block)
        do {
            let gone = try await step { transaction in
                let statements = [BlockSQL.limitWait(), BlockSQL.lock()] + sql.detaching + sql.moving(removal.kept)
                let moved = try BlockRemoval.counts(try await transaction.run(statements)[statements.count - 1])
                let gone = removal.counts.map { (type: $0.key, count: $0.value - (moved[$0.key] ?? 0)) }
                let count = gone.reduce(0) { $0 + $1.count }
                let last =
                    sql.dropping + [
                        BlockSQL.subtractKept(SlotState.number, gone.map(\.type), gone.map(\.count)),
                        BlockSQL.setPruned(SlotState.number, count, removal.block.end - 1),
                    ]
                return (Int(count), last)
            }
            try change { state in
                state.slot.prunedTo = max(state.slot.prunedTo, removal.block.end - 1)
                state.accept()
            }
            self.generation += 1
            return gone
        } catch let error as PostgresError where error.isOfLocks {
            return nil
        }
    }

    /// How many ended tasks there are more than are kept, and what a look at blocks has to know.
    func pruningState(_ retention: Retention) async throws -> (excess: Int, lastTask: Int64, generation: Int) {
        await enter()
        defer { leave() }
        try await load()
        let found = try await connection.run([PruningSQL.find(SlotState.number)])[0]
        let ended = Int(try found.first("ended", Int64.self) ?? 0)
        return (ended - max(0, retention.keeping), state?.slot.lastTask ?? 0, generation)
    }
}

extension Readers {
    /// Promises that what is left of lower blocks lies below the end of a block, so that its removal need not look. It waits for
    /// nobody for long.
    ///
    /// - Returns: Whether that is done; else not now.
    func bound(_ block: Block) async throws -> Bool {
        do {
            // Two transactions: the first one's locks shut readers out.
            try await prepare([BlockSQL.limitWait()] + BlockSQL(block: block).bounding)
            try await prepare([BlockSQL.limitWait()] + BlockSQL.validating)
            return true
        } catch let error as PostgresError where error.isOfLocks {
            return false
        }
    }
}

extension PostgresError {
    /// Somebody uses the tables: lock_not_available, deadlock_detected.
    fileprivate var isOfLocks: Bool { sqlState == "55P03" || sqlState == "40P01" }
}
