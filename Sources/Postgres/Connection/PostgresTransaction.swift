import Polling
import Synchronization

/// A transaction that is open over several requests, of ``PostgresConnection/begin(_:within:)``. A request of it that fails ends it: it is
/// rolled back. It is rolled back, too, when it is released without an end.
package final class PostgresTransaction: Sendable {
    private let connection: PostgresConnection
    private let number: UInt64
    /// The answers of the statements that it was begun with.
    package let answers: [PostgresRows]

    init(_ connection: PostgresConnection, _ number: UInt64, answers: [PostgresRows]) {
        self.connection = connection
        self.number = number
        self.answers = answers
    }

    deinit { connection.abandon(number) }

    /// Runs statements as one pipeline, within the transaction.
    ///
    /// - Parameters:
    ///   - statements: the statements.
    ///   - limit: as of ``PostgresConnection/run(_:within:)``.
    /// - Throws: why it failed; the transaction is over then, unless the request was not sent (`cancelled`, `tooLarge`).
    @discardableResult
    package func run(_ statements: [PostgresStatement], within limit: Duration? = nil) async throws(PostgresError) -> [PostgresRows] {
        guard !statements.isEmpty else { return [] }
        return try await connection.perform(.step(number), statements, within: limit)
    }

    /// Runs the last statements together with COMMIT, as one pipeline.
    ///
    /// - Parameters:
    ///   - statements: the statements before COMMIT.
    ///   - limit: as of ``PostgresConnection/run(_:within:)``.
    /// - Throws: why it failed, and whether it may have been committed all the same.
    @discardableResult
    package func commit(_ statements: [PostgresStatement] = [], within limit: Duration? = nil) async throws(PostgresError) -> [PostgresRows]
    {
        try await connection.perform(.commit(number), statements, within: limit)
    }

    /// Rolls it back, if it is not over; also in a task that is cancelled. Where the connection is lost, the server does it.
    package func rollBack() async {
        _ = try? await connection.perform(.rollback(number), [], within: nil, heedsCancellation: false)
    }
}

extension PostgresConnection {
    /// The owner of a transaction has let it go.
    nonisolated func abandon(_ number: UInt64) {
        shared.withLock { $0.abandoned.append(number) }
        loop.wake()
    }
}
