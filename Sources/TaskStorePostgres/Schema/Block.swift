import Postgres

/// 2^20 ids, whose tasks, endings and attempts have partitions of their own.
struct Block: Hashable, Comparable {
    static let size: Int64 = 1 << 20

    let number: Int64

    init(number: Int64) { self.number = number }

    /// The block of an id.
    init(of id: Int64) { number = id >> 20 }

    var first: Int64 { number << 20 }
    /// The first id after it.
    var end: Int64 { first + Self.size }

    static func < (lhs: Block, rhs: Block) -> Bool { lhs.number < rhs.number }

    /// The tables that have a partition for each block, and their columns with the task's id.
    static let tables = [("task", "id"), ("ending", "id"), ("attempt", "task")]

    /// Makes its partitions. Each is a table of its own until it is attached, so that reads and writes of the others go on; the constraint
    /// saves looking through it.
    var creation: [PostgresStatement] {
        var statements: [String] = []
        for (table, column) in Self.tables {
            let name = "\(table)_\(number)"
            statements += [
                """
                CREATE TABLE \(name) (LIKE \(table) INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING INDEXES,
                    CONSTRAINT \(name)_ids CHECK (\(column) >= \(first) AND \(column) < \(end)))
                """,
                "ALTER TABLE \(table) ATTACH PARTITION \(name) FOR VALUES FROM (\(first)) TO (\(end))",
                "ALTER TABLE \(name) DROP CONSTRAINT \(name)_ids",
            ]
        }
        statements.append("INSERT INTO block (number) VALUES (\(number))")
        return statements.map { PostgresQuery.once("make partitions of block \(number)", $0)() }
    }
}
