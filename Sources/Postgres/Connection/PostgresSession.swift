import CPostgres
import Glibc

/// One life of a ``PostgresConnection``, from a login to the loss: the handle, what is prepared, and the request that runs. It belongs to
/// the connection's thread.
final class PostgresSession {
    /// A request that is over, and its result.
    struct Finished {
        let request: PostgresRequest
        let result: Result<[PostgresRows], PostgresError>
    }

    /// So many bytes are given to libpq before it must have written them: it copies what it is given.
    private static let batch = 1 << 20

    let handle: PostgresHandle
    /// Where it is connected to, for errors.
    let target: String
    private let maximumAnswerBytes: Int
    private var prepared = PreparedStatements()
    var running: RunningRequest?
    /// The open transaction, which the next request has to be of.
    var transaction: UInt64?
    /// A failed transaction is still open on the server.
    var mustRollBack = false
    private(set) var wantsToWrite = false
    private var isBroken = false
    /// When bytes last went out or came in.
    private var lastMoved = ContinuousClock.now
    private var givenBytes = 0
    /// The bytes that the socket has received, and those before the running request; nil where nobody counts.
    private var received: Int64?
    private var receivedBefore: Int64?
    var farewell: ServerMessage?
    var wasNotReplicated = false
    private var notices: [ServerMessage] = []
    /// Those of the running request, and since its end.
    private var noticeCount = 0

    /// - Parameters:
    ///   - handle: a connection in pipeline mode.
    ///   - target: where it is connected to.
    ///   - maximumAnswerBytes: the most bytes of the answers to one request.
    init(_ handle: PostgresHandle, target: String, maximumAnswerBytes: Int) {
        self.handle = handle
        self.target = target
        self.maximumAnswerBytes = maximumAnswerBytes
        received = handle.bytesReceived
    }

    /// When the server has been silent for too long; nil: nothing is asked of it.
    var deadline: ContinuousClock.Instant? { running.map { lastMoved + $0.request.limit } }

    /// Whether a request may run now.
    func takes(_ kind: PostgresRequest.Kind) -> Bool { running == nil && !mustRollBack && transaction == kind.transaction }

    /// Begins a request, which is then sent by ``advance(_:)``.
    ///
    /// - Throws: `invalidUse` where a statement is not as it was prepared; the request is over then.
    func start(_ request: PostgresRequest) throws(PostgresError) {
        running = try RunningRequest(request, &prepared)
        givenBytes = 0
        receivedBefore = received
        wasNotReplicated = false
        noticeCount = 0
        lastMoved = .now
    }

    /// Ends a failed transaction on the server, which takes nothing else before.
    func startRollBack(within limit: Duration) throws(PostgresError) {
        mustRollBack = false
        try start(
            PostgresRequest(
                kind: .rollback(0), statements: [], limit: limit, deadline: .now + limit, cancellation: nil, continuation: nil))
    }

    /// The open transaction was given up by its owner.
    func abandon() {
        guard transaction != nil else { return }
        transaction = nil
        mustRollBack = true
    }

    /// Sends what the socket takes, and reads what it has.
    ///
    /// - Parameter isReadable: whether it may have something.
    /// - Returns: the request that is over now.
    /// - Throws: the loss of the connection. The running request's part of it is ``ending(_:)``.
    func advance(_ isReadable: Bool) throws(PostgresError) -> Finished? {
        if isReadable {
            lastMoved = .now
            if !handle.consumeInput() { isBroken = true }
            received = handle.bytesReceived
            try checkSize()
        }
        guard running != nil else {
            // Also where nothing is asked: the server may say that it ends.
            _ = handle.isBusy
            if isBroken || handle.isBad { throw lost(handle.errorText) }
            return nil
        }
        if wantsToWrite, handle.has(POLLOUT) { lastMoved = .now }
        var mayGive = true
        while mayGive, !isBroken { mayGive = give() }
        let finished = try read()
        // The part that was read before the end may be the whole answer.
        guard finished == nil, isBroken || handle.isBad else { return finished }
        throw lost(handle.errorText)
    }

    // MARK: Sending

    /// Gives libpq the next steps. True where it has written them all, and there are more.
    private func give() -> Bool {
        while let step = running?.progress.next, givenBytes < Self.batch {
            guard send(step) else {
                isBroken = true
                return false
            }
            running?.progress.give()
        }
        switch handle.flush() {
        case .all:
            wantsToWrite = false
            givenBytes = 0
            return running?.progress.next != nil
        case .some:
            wantsToWrite = true
        case .broken:
            isBroken = true
        }
        return false
    }

    private func send(_ step: PipelineProgress.Step) -> Bool {
        guard let running else { return true }
        switch step {
        case .prepare(let index):
            guard let entry = running.preparing[index] else { return true }
            givenBytes += entry.sql.utf8.count
            return handle.sendPrepare(entry.name, entry.sql, entry.types)
        case .execute(let index):
            givenBytes += running.statements[index].parameters.byteCount
            return handle.send(running.statements[index], preparedAs: running.names[index])
        case .sync:
            return handle.sendSync()
        }
    }

    // MARK: Reading

    private func read() throws(PostgresError) -> Finished? {
        while let step = running?.progress.awaited, !handle.isBusy {
            noteNotices()
            guard let result = handle.nextResult() else {
                // libpq has no more of this step. One without an answer is the end of the connection.
                guard running?.hasAnswer == true else { throw lost(handle.errorText) }
                running?.hasAnswer = false
                // A commit that fails at the sync, as for a deferred constraint, is answered by an error before the sync's own answer.
                if step != .sync { complete(step) }
                continue
            }
            switch result.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                try take(result, of: step)
            case PGRES_FATAL_ERROR:
                try fail(result, of: step)
            case PGRES_PIPELINE_ABORTED:
                running?.hasAnswer = true
            case PGRES_PIPELINE_SYNC:
                guard step == .sync else { throw lost("the server's answers do not fit the requests") }
                let hasFailed = running?.failure != nil
                running?.progress.answer(hasFailed ? .passedOver : .done)
                return finish()
            default:
                throw lost("statement '\(name(of: step))' has an answer that is no table, such as COPY")
            }
        }
        noteNotices()
        return nil
    }

    private func take(_ result: ResultHandle, of step: PipelineProgress.Step) throws(PostgresError) {
        running?.hasAnswer = true
        guard case .execute(let index) = step else { return }
        running?.rows[index] = result
        running?.answerBytes += result.size
        try checkSize()
        // A COMMIT that ends a failed transaction says so in its tag alone.
        if running?.commitStep == step, result.tag == "ROLLBACK" {
            let name = name(of: step)
            running?.failure = PostgresError(
                .refused, "PostgreSQL at \(target) rolled the transaction back instead of committing it: one of its statements ended it",
                statement: name)
        }
    }

    private func fail(_ result: ResultHandle, of step: PipelineProgress.Step) throws(PostgresError) {
        let message = result.message
        guard let failed = running, failed.failure == nil else {
            running?.hasAnswer = true
            return
        }
        // libpq makes a message of its own, without a severity, where the connection breaks.
        guard !message.severity.isEmpty else { throw lost(handle.text(message.primary)) }
        running?.hasAnswer = true
        if message.isFatal { farewell = message }
        let name = name(of: step)
        running?.failure = PostgresError(
            .refused, "PostgreSQL at \(target) refused statement '\(name)': \(handle.text(message.text))",
            advice: message.sqlState == "25006" ? handle.adviceIfReadOnly : nil, sqlState: message.sqlState, statement: name)
        // Its plan gives other columns now, or the server has forgotten it: the next time it is prepared anew.
        if case .execute(let index) = step, ["0A000", "26000"].contains(message.sqlState) {
            prepared.forget(failed.statements[index].query)
        }
        if message.isFatal {
            running?.progress.answer(.failed(isFatal: true))
            throw lost(handle.text(message.text))
        }
    }

    /// All of a step's answer has come.
    private func complete(_ step: PipelineProgress.Step) {
        guard running?.failure != nil else {
            if case .prepare(let index) = step, let entry = running?.preparing[index], let query = running?.statements[index].query {
                prepared.add(entry, for: query)
            }
            running?.progress.answer(.done)
            return
        }
        let isFirst = running?.progress.failure == nil
        running?.progress.answer(isFirst ? .failed(isFatal: false) : .passedOver)
    }

    private func name(of step: PipelineProgress.Step) -> String {
        switch step {
        case .prepare(let index), .execute(let index): running?.statements[index].name ?? ""
        case .sync: "sync"
        }
    }

    func noteNotices() {
        let new = handle.takeNotices()
        if new.wasNotReplicated { wasNotReplicated = true }
        if let message = new.farewell { farewell = message }
        notices += new.messages.prefix(max(0, NoticeBox.limit - noticeCount))
        noticeCount += new.messages.count + new.dropped
    }

    /// The notices since the last call, for the log: those of one request up to a limit.
    func takeNotices() -> [ServerMessage] {
        noteNotices()
        return notices.take()
    }

    private func checkSize() throws(PostgresError) {
        guard let running else { return }
        let counted = receivedBefore.flatMap { before in received.map { Int($0 - before) } } ?? 0
        guard max(counted, running.answerBytes) > maximumAnswerBytes else { return }
        throw PostgresError(
            .tooLarge,
            "the answer of PostgreSQL at \(target) has more than \(maximumAnswerBytes) bytes, and the connection was ended: ask for less"
        )
    }
}
