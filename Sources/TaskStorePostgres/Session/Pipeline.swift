import Postgres

/// Statements that go to the server together, and whose answers come together.
struct Pipeline {
    /// Finds the answer to a statement.
    struct Place {
        fileprivate let index: Int
    }

    /// The answers, in the order of the statements.
    struct Answers {
        private let rows: [PostgresRows]

        init(_ rows: [PostgresRows]) { self.rows = rows }

        subscript(place: Place) -> PostgresRows { rows[place.index] }
    }

    private(set) var statements: [PostgresStatement] = []

    @discardableResult
    mutating func add<each Value: PostgresParameter>(_ query: PostgresQuery, _ values: repeat each Value) -> Place {
        add(query(repeat each values))
    }

    mutating func add(_ statement: PostgresStatement) -> Place {
        statements.append(statement)
        return Place(index: statements.count - 1)
    }
}
