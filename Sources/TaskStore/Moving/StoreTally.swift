/// How much of everything a store has: rows, tasks by type and state, bytes. Two stores with the same record have the same.
package struct StoreTally: Hashable, Sendable {
    /// A kind of rows: those of a table that have a type and a state.
    package struct Kind: Hashable, Sendable, Comparable {
        package let table: String
        /// The type's number; 0 where the table has none.
        package let type: Int64
        /// A number that the table tells its rows apart by.
        package let state: Int64

        package static func < (lhs: Kind, rhs: Kind) -> Bool {
            (lhs.table, lhs.type, lhs.state) < (rhs.table, rhs.type, rhs.state)
        }
    }

    package struct Figures: Hashable, Sendable {
        package let rows: Int64
        /// The sum of a column, or of the lengths of one.
        package let sum: Int64
    }

    package private(set) var figures: [Kind: Figures] = [:]

    package init() {}

    package mutating func add(table: String, type: Int64, state: Int64, rows: Int64, sum: Int64) {
        figures[Kind(table: table, type: type, state: state)] = Figures(rows: rows, sum: sum)
    }

    /// All rows that are copied page by page, without ranges: one may become several.
    package var total: Int64 {
        let tables: Set = ["submission", "task", "ending", "attempt", "open"]
        return figures.reduce(0) { tables.contains($1.key.table) ? $0 + $1.value.rows : $0 }
    }

    /// The first differences to another store's, in words.
    package func differences(to other: StoreTally) -> [String] {
        Set(figures.keys).union(other.figures.keys).sorted().compactMap { kind in
            let (mine, others) = (figures[kind], other.figures[kind])
            guard mine != others else { return nil }
            func words(_ figures: Figures?) -> String { figures.map { "\($0.rows) rows, sum \($0.sum)" } ?? "none" }
            return "table \(kind.table), type \(kind.type), state \(kind.state): \(words(mine)) and \(words(others))"
        }
    }

    /// The statements that count, which both stores understand. Each gives `name`, `type`, `state`, `rows` and `total`. Ranges are not
    /// counted, because they may be divided; the tasks in them are.
    package static let queries = [
        counting("task", type: "type", sum: "length(payload)"),
        counting("ending", type: "type", state: "state", sum: "coalesce(length(result), 0)"),
        counting("submission", state: "form", sum: "count"),
        counting("attempt", sum: "number"),
        counting("open", type: "type", state: "CASE WHEN attempt IS NULL THEN 0 WHEN due IS NULL THEN 1 WHEN due = 0 THEN 2 ELSE 3 END"),
        counting("cursor", type: "type", state: "priority", sum: "id"),
        counting("bulk_action", sum: "length(action)"),
        counting("type", type: "id", sum: "paused"),
        """
        SELECT 'open_range' AS name, CAST(type AS bigint) AS type, CAST(priority AS bigint) AS state, CAST(0 AS bigint) AS rows,
            CAST(sum(rest) AS bigint) AS total
        FROM open_range GROUP BY type, priority
        """,
    ]

    /// The statement of the counters of types; `counters` are rows of `id`, `submitted` and so on.
    package static func counterQuery(_ counters: String) -> String {
        """
        SELECT 'counters' AS name, CAST(id AS bigint) AS type, CAST(kept AS bigint) AS state, CAST(submitted AS bigint) AS rows,
            CAST(succeeded + 3 * failed + 5 * cancelled + 7 * expired AS bigint) AS total
        FROM (\(counters)) AS counters
        """
    }

    private static func counting(_ table: String, type: String = "0", state: String = "0", sum: String = "0") -> String {
        """
        SELECT '\(table)' AS name, CAST(\(type) AS bigint) AS type, CAST(\(state) AS bigint) AS state, CAST(count(*) AS bigint) AS rows,
            CAST(sum(\(sum)) AS bigint) AS total
        FROM \(table) GROUP BY 2, 3
        """
    }
}
