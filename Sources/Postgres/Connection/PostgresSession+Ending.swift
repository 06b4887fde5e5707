import CPostgres

/// The end of a request: its result, and what the session takes next.
extension PostgresSession {
    /// The server has answered the sync: the request is over, and the session is ready for the next.
    func finish() -> Finished? {
        guard let running else { return nil }
        self.running = nil
        let request = running.request
        return Finished(request: request, result: result(of: running))
    }

    private func result(of running: RunningRequest) -> Result<[PostgresRows], PostgresError> {
        let status = handle.transactionStatus
        let isOpen = status == PQTRANS_INTRANS || status == PQTRANS_INERROR
        var error = running.failure
        switch running.request.kind {
        case .begin(let number) where error == nil && status == PQTRANS_INTRANS:
            transaction = number
        case .step where error == nil && status == PQTRANS_INTRANS:
            break
        case .step where error == nil, .begin where error == nil:
            transaction = nil
            mustRollBack = isOpen
            error = PostgresError(
                .invalidUse, "a statement ended the transaction: commit it or roll it back by its own functions", outcome: .unknown)
        case .plain where error == nil && isOpen, .whole where error == nil && isOpen:
            mustRollBack = true
            error = PostgresError(.invalidUse, "a statement began a transaction: begin it by its own function")
        default:
            transaction = nil
            mustRollBack = isOpen
        }
        if error == nil, wasNotReplicated, running.progress.commitPoint != .later {
            error = notReplicated
        }
        if let error { return .failure(error) }
        guard let answers = running.answers else {
            return .failure(
                PostgresError(.unexpectedAnswer, "PostgreSQL at \(target) left a statement without an answer", outcome: .unknown))
        }
        return .success(answers)
    }

    private var notReplicated: PostgresError {
        PostgresError(
            .notReplicated,
            "PostgreSQL at \(target) committed, and somebody cancelled its wait for the standbys: they may not have the changes",
            outcome: .unknown)
    }

    /// What the end of the connection means for the request that runs.
    ///
    /// - Parameter error: why the connection ends.
    func ending(_ error: PostgresError) -> Finished? {
        guard let running else { return nil }
        self.running = nil
        let result: Result<[PostgresRows], PostgresError> =
            switch running.progress.endingIfLost {
            case .committed:
                wasNotReplicated ? .failure(notReplicated) : running.answers.map { .success($0) } ?? .failure(error.with(.unknown))
            case .notCommitted: .failure(running.failure.flatMap { farewell == nil ? $0 : nil } ?? error.with(.notCommitted))
            case .unknown: .failure(error.with(.unknown))
            }
        return Finished(request: running.request, result: result)
    }

    /// - Parameter reason: libpq's text.
    func lost(_ reason: String) -> PostgresError {
        noteNotices()
        let reason = farewell.map { handle.text($0.text) } ?? reason
        return PostgresError(
            .connectionLost, "the connection to PostgreSQL at \(target) broke (\(reason.isEmpty ? "closed by the server" : reason))",
            sqlState: farewell?.sqlState)
    }
}
