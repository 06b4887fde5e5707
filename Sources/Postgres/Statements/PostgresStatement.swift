/// A statement to run, with its parameters.
package struct PostgresStatement: Hashable, Sendable {
    package let query: PostgresQuery
    package var parameters: PostgresParameters

    package init(_ query: PostgresQuery, _ parameters: PostgresParameters = PostgresParameters()) {
        self.query = query
        self.parameters = parameters
    }

    /// Without its parameters' values, for an error.
    var name: String { query.name }
}

extension PostgresStatement: CustomStringConvertible, CustomReflectable {
    package var description: String { "'\(name)' with \(parameters.count) parameters" }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
