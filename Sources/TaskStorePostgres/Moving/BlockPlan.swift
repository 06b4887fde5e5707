import Postgres
import TaskStore

/// The partitions of a record that comes from another store: which blocks get some of their own. The tasks of all lower ones are in those that
/// hold what is left of them.
struct BlockPlan: Equatable {
    /// More blocks than these are not kept apart: each has three tables.
    static let mostBlocks = 512

    /// Their numbers, ascending; never none.
    let blocks: [Int64]

    /// Old blocks of which as few tasks are left as when a block is removed need no partitions, and empty ones neither.
    ///
    /// - Parameters:
    ///   - counts: how many tasks each block has.
    ///   - lastTask: the highest id that is given.
    init(_ counts: [Int64: Int64], lastTask: Int64) {
        let next = Block(of: lastTask + 1).number
        let used = counts.keys.sorted().drop { counts[$0] ?? 0 <= Int64(BlockRemoval.mostKept) }
        blocks = Set(used.suffix(Self.mostBlocks) + [next, next + 1]).sorted()
    }

    /// Extends the partitions of what is left up to the lowest block.
    var lowering: [PostgresStatement] {
        let end = Block(number: blocks[0]).first
        return Block.tables.flatMap { table, _ in
            [
                "ALTER TABLE \(table) DETACH PARTITION \(table)_below",
                "ALTER TABLE \(table) ATTACH PARTITION \(table)_below FOR VALUES FROM (MINVALUE) TO (\(end))",
            ]
        }.map { PostgresQuery.once("lower_partitions", $0)() }
    }
}
