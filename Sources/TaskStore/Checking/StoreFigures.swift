/// The numbers of an inspection, as the statements of ``StoreTables`` give them.
package struct StoreFigures: Sendable {
    private struct Name: Hashable {
        let name: String
        let type: Int64
        let state: Int64
    }

    private var values: [Name: Int64] = [:]
    /// The types by their numbers, as their table has them.
    package private(set) var types: [Int64: String] = [:]

    package init() {}

    /// Takes a row. Of a type's row, the name comes as `text`.
    package mutating func add(name: String, type: Int64, state: Int64, value: Int64, text: String?) {
        values[Name(name: name, type: type, state: state)] = value
        if name == "submitted", let text { types[type] = text }
    }

    subscript(name: String, type: Int64 = 0, state: Int64 = 0) -> Int64 {
        values[Name(name: name, type: type, state: state)] ?? 0
    }

    /// The numbers of types that rows have, known or not.
    var numbers: [Int64] { Set(values.keys.map(\.type)).union(types.keys).sorted() }

    /// What faults there are, with the first task that each is seen at.
    var faults: [(fault: TableFault, count: Int64, example: Int64)] {
        values.compactMap { name, count in TableFault(rawValue: name.name).map { ($0, count, name.type) } }
            .filter { $0.1 > 0 }.sorted { $0.0.rawValue < $1.0.rawValue }
    }

    static func statements(_ tables: StoreTables) -> [String] {
        let counters = ["submitted", "succeeded", "failed", "cancelled", "expired", "kept"].map {
            "SELECT '\($0)' AS name, CAST(id AS bigint) AS type, CAST(0 AS bigint) AS state, CAST(\($0) AS bigint) AS value, "
                + "name AS text FROM (\(tables.counters)) AS counters"
        }
        let columns = ["last_task", "last_type", "keys", "pruned", "pruned_to", "epoch"]
        let slot = columns.map { figure($0, value: $0, from: "(\(tables.slot)) AS slot") }
        return counters + slot + [
            figure("tasks", type: "type", from: "task GROUP BY type"),
            figure("open", type: "type", from: "task WHERE NOT EXISTS (SELECT 1 FROM ending WHERE ending.id = task.id) GROUP BY type"),
            figure("endings", type: "type", state: "state", from: "ending GROUP BY type, state"),
            figure("ranged", type: "type", value: "sum(rest)", from: "open_range GROUP BY type"),
            figure("deferred", type: "type", from: "open WHERE attempt IS NOT NULL GROUP BY type"),
            figure(
                "typed_keys", type: "type.id",
                from: "submission JOIN type ON type.name = submission.type WHERE type.id <> 0 GROUP BY type.id"),
            figure("submissions", from: "submission"),
            figure("highest_task", value: "coalesce(max(id), 0)", from: "task"),
            figure("highest_ending", value: "coalesce(max(id), 0)", from: "ending"),
            figure("highest_key", value: "coalesce(max(first + count - 1), 0)", from: "submission"),
            figure("highest_type", value: "coalesce(max(id), 0)", from: "type"),
        ]
    }

    private static func figure(
        _ name: String, type: String = "0", state: String = "0", value: String = "count(*)", from rows: String
    ) -> String {
        """
        SELECT '\(name)' AS name, CAST(\(type) AS bigint) AS type, CAST(\(state) AS bigint) AS state, CAST(\(value) AS bigint) AS value,
            NULL AS text
        FROM \(rows)
        """
    }
}
