package import Logging
import Polling
import Synchronization

/// A connection to PostgreSQL. It sends the statements of a request as one pipeline with one sync, with binary parameters, and reads all
/// answers in binary form.
///
/// It is an actor whose executor is a thread of its own, which alone touches libpq's connection. It waits for the socket and runs the
/// requests one after another, in the order in which they came. It never connects by itself: after a loss, each request fails until
/// ``connect(within:)`` is called again, so that no part of a transaction runs in another session.
///
/// A request of a task that is cancelled is either not sent, or goes on to its end: no statement is ever cancelled, least of all a COMMIT.
///
/// Close it with ``close(within:)``.
package actor PostgresConnection {
    enum Phase {
        case idle
        case dialing(Dialer, ConnectAttempt)
        /// Connected; the session's parameters are being set.
        case preparing(PostgresSession, ConnectAttempt)
        case ready(PostgresSession)
        case closed
    }

    /// The state that any thread may use.
    struct SharedState {
        /// Callers of ``PostgresConnection/connect(within:)`` that the thread has not seen yet.
        var attempts: [ConnectAttempt] = []
        /// Transactions that their owners have given up.
        var abandoned: [UInt64] = []
        var isConnected = false
    }

    let settings: PostgresSettings
    let name: String
    let logger: Logger
    let loop: PollLoop
    let shared = Mutex(SharedState())

    var phase = Phase.idle
    /// Where it connects to, once libpq has read the settings.
    var target = "the server of the settings"
    /// The requests that wait for their turn.
    var queue: [PostgresRequest] = []
    private var transactions: UInt64 = 0
    /// It is being closed: nothing new is taken, and what runs has until then.
    var closing: ContinuousClock.Instant?
    var closers: [CheckedContinuation<Void, Never>] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// A connection that is not connected yet.
    ///
    /// - Parameters:
    ///   - settings: how it is made, and its bounds.
    ///   - name: names it in logs and errors, and its thread.
    ///   - logger: where it says what happens to it.
    package init(_ settings: PostgresSettings, name: String, logger: Logger) {
        self.settings = settings
        self.name = name
        var logger = logger
        logger[metadataKey: PostgresLogKey.connection] = "\(name)"
        self.logger = logger
        loop = PollLoop(name: name)
        loop.join { [weak self] isReadable in self?.assumeIsolated { $0.turn(isReadable) } }
    }

    deinit {
        // Its turn finds that it is gone.
        loop.wake()
    }

    /// Whether it is connected. Reading it takes no turn of the connection's thread.
    package nonisolated var isConnected: Bool { shared.withLock { $0.isConnected } }

    /// Runs statements as one pipeline. The server commits them together at its end; where one fails, none counts.
    ///
    /// - Parameters:
    ///   - statements: the statements, none of which begins or ends a transaction.
    ///   - limit: the longest silence while the answer is awaited, and the longest wait for the request's turn; nil: that of the settings.
    /// - Returns: an answer for each statement.
    /// - Throws: why it failed, and whether the changes may have been committed all the same.
    @discardableResult
    package func run(_ statements: [PostgresStatement], within limit: Duration? = nil) async throws(PostgresError) -> [PostgresRows] {
        guard !statements.isEmpty else { return [] }
        return try await perform(.plain, statements, within: limit)
    }

    /// Runs statements as one transaction, from BEGIN to COMMIT, in one pipeline.
    ///
    /// - Parameters:
    ///   - statements: the statements between BEGIN and COMMIT.
    ///   - limit: the longest silence while the answer is awaited, and the longest wait for the request's turn; nil: that of the settings.
    /// - Returns: an answer for each statement. The transaction is committed.
    /// - Throws: why it failed, and whether it may have been committed all the same.
    @discardableResult
    package func transaction(
        _ statements: [PostgresStatement], within limit: Duration? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        try await perform(.whole, statements, within: limit)
    }

    /// Begins a transaction that stays open over several requests. Requests of others wait until it is over.
    ///
    /// - Parameters:
    ///   - statements: the first statements of it, which go along with BEGIN.
    ///   - limit: as of ``run(_:within:)``.
    /// - Returns: the open transaction, which has the answers of `statements`. It is rolled back when it is released without an end.
    package func begin(
        _ statements: [PostgresStatement] = [], within limit: Duration? = nil
    ) async throws(PostgresError) -> PostgresTransaction {
        transactions += 1
        let number = transactions
        let answers = try await perform(.begin(number), statements, within: limit)
        return PostgresTransaction(self, number, answers: answers)
    }

    /// Ends the connection in order: the request that runs goes on to its end, and those that wait fail with `closed`. An open
    /// transaction is rolled back by the server.
    ///
    /// - Parameter limit: how long the running request may take. A look-up of host names is waited for in any case: nothing ends it.
    package func close(within limit: Duration = .seconds(5)) async {
        if case .closed = phase { return }
        closing = min(closing ?? .now + limit, .now + limit)
        await withCheckedContinuation { closers.append($0) }
    }

    // MARK: Requests

    /// Queues a request and waits for its result. One that heeds cancellation is given up where the calling task is cancelled before its
    /// turn.
    func perform(
        _ kind: PostgresRequest.Kind, _ statements: [PostgresStatement], within limit: Duration?, heedsCancellation: Bool = true
    ) async throws(PostgresError) -> [PostgresRows] {
        try check(kind, statements)
        let limit = limit ?? settings.answerTimeout
        let cancellation = heedsCancellation ? PostgresRequest.Cancellation() : nil
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.append(
                    PostgresRequest(
                        kind: kind, statements: statements, limit: limit, deadline: .now + limit, cancellation: cancellation,
                        continuation: continuation))
            }
        } onCancel: {
            cancellation?.raise()
            loop.wake()
        }
        return try result.get()
    }

    /// - Throws: why no such request can be taken now.
    private func check(_ kind: PostgresRequest.Kind, _ statements: [PostgresStatement]) throws(PostgresError) {
        switch phase {
        case .closed: throw closed
        case .ready where closing != nil: throw closed
        case .ready: break
        case .idle, .dialing, .preparing:
            throw PostgresError(.closed, "connection '\(name)' to PostgreSQL at \(target) is not connected: connect it first")
        }
        // The others wait for the end of the open transaction, which they must not keep from it.
        guard kind.transaction != nil || queue.count < settings.maximumWaiting else {
            throw PostgresError(
                .tooMany,
                "\(queue.count) requests wait for connection '\(name)' to PostgreSQL at \(target): it takes no more until some are done")
        }
        guard statements.count <= Self.maximumStatements else {
            throw PostgresError(
                .tooLarge,
                "a request to PostgreSQL has \(statements.count) statements, and \(Self.maximumStatements) are the most: divide it")
        }
        if let statement = statements.first(where: { $0.parameters.count > Self.maximumParameters }) {
            throw PostgresError(
                .tooLarge,
                "statement '\(statement.name)' has \(statement.parameters.count) parameters, and \(Self.maximumParameters) are the most",
                statement: statement.name)
        }
        let bytes = statements.reduce(0) { $0 + $1.parameters.byteCount }
        guard bytes <= settings.maximumRequestBytes else {
            throw PostgresError(
                .tooLarge,
                "a request to PostgreSQL has \(bytes) bytes of parameters, and \(settings.maximumRequestBytes) are the most: divide it")
        }
    }

    var closed: PostgresError { PostgresError(.closed, "connection '\(name)' to PostgreSQL at \(target) is closed") }

    private static let maximumStatements = 10_000
    /// Of the protocol: their number has 16 bits.
    private static let maximumParameters = 65_535
}

extension PostgresConnection: CustomStringConvertible {
    package nonisolated var description: String { "connection '\(name)' to PostgreSQL" }
}
