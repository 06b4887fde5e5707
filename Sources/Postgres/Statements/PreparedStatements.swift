/// The statements that are prepared in one session. Their names on the server are of this connection's making: a statement that has to be
/// prepared anew gets another.
struct PreparedStatements {
    struct Entry {
        let name: String
        let sql: String
        let types: [PostgresType]
    }

    /// Past so many, statements run without being prepared: each takes memory of the server's.
    static let limit = 500

    private var entries: [String: Entry] = [:]
    private var number = 0

    subscript(query: PostgresQuery) -> Entry? { entries[query.name] }

    /// Whether there is room for one more.
    ///
    /// - Parameter count: how many others are about to be added.
    func hasRoom(besides count: Int) -> Bool { entries.count + count < Self.limit }

    /// A new entry, which counts once the server has answered.
    mutating func entry(for statement: PostgresStatement) -> Entry {
        number += 1
        return Entry(name: "taskgrid_\(number)", sql: statement.query.sql, types: statement.parameters.types)
    }

    mutating func add(_ entry: Entry, for query: PostgresQuery) { entries[query.name] = entry }

    mutating func forget(_ query: PostgresQuery) { entries[query.name] = nil }

    /// - Throws: `invalidUse` where a statement has another text, or parameters of other types, than one of its name that was prepared.
    static func check(_ statement: PostgresStatement, is entry: Entry) throws(PostgresError) {
        guard entry.sql == statement.query.sql else {
            throw PostgresError(
                .invalidUse, "two SQL statements have the name '\(statement.name)': give each its own", statement: statement.name)
        }
        guard statement.parameters.fields.lazy.map(\.type).elementsEqual(entry.types) else {
            let types = statement.parameters.types.map(\.description).joined(separator: ", ")
            let earlier = entry.types.map(\.description).joined(separator: ", ")
            throw PostgresError(
                .invalidUse,
                "statement '\(statement.name)' was given (\(types)) and earlier (\(earlier)): give it the same types each time",
                statement: statement.name)
        }
    }
}

extension PostgresParameters {
    var types: [PostgresType] { fields.map(\.type) }
}
