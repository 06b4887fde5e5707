/// The text of one SQL statement, most often a constant of the program. It is prepared on each connection when it is first run there.
///
/// Its parameters are `$1`, `$2` and so on; their types are those of the values that it is run with, which never change.
package struct PostgresQuery: Hashable, Sendable {
    /// Names it in errors.
    package let name: String
    package let sql: String
    /// Whether it is prepared. Statements that run once, as those of a migration, need not be.
    package let isPrepared: Bool

    /// - Parameters:
    ///   - name: names it in errors; one name stands for one text.
    ///   - sql: a single statement.
    package init(_ name: String, _ sql: String) {
        self.init(name: name, sql: sql, isPrepared: true)
    }

    /// A statement that is not prepared.
    package static func once(_ name: String, _ sql: String) -> PostgresQuery {
        PostgresQuery(name: name, sql: sql, isPrepared: false)
    }

    private init(name: String, sql: String, isPrepared: Bool) {
        self.name = name
        self.sql = sql
        self.isPrepared = isPrepared
    }

    /// The statement with these parameters: `fence(slot, term)`.
    package func callAsFunction<each Parameter: PostgresParameter>(_ parameters: repeat each Parameter) -> PostgresStatement {
        PostgresStatement(self, PostgresParameters(repeat each parameters))
    }

    static let begin = PostgresQuery("BEGIN", "BEGIN")
    static let commit = PostgresQuery("COMMIT", "COMMIT")
    static let rollback = PostgresQuery.once("ROLLBACK", "ROLLBACK")
    static let setParameter = PostgresQuery.once("set_config", "SELECT pg_catalog.set_config($1, $2, false)")
}
