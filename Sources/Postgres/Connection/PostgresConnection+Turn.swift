import Logging
import Polling
import Synchronization

/// The work of the connection's thread between polls.
extension PostgresConnection {
    /// Sends what waits, reads what has come, minds the limits; says what to wait for.
    func turn(_ isReadable: Bool) -> PollLoop.WakeCondition {
        takeAttempts()
        var wait = dial() ?? PollLoop.WakeCondition()
        if let session {
            takeAbandoned(session)
            serve(session, isReadable)
        }
        closeIfDue()
        if let session {
            wait.socket = session.handle.socket
            wait.wantsToRead = true
            wait.wantsToWrite = session.wantsToWrite
            if let deadline = session.deadline { wait.deadline = deadline }
        }
        for request in queue { wait.deadline = min(wait.deadline ?? request.deadline, request.deadline) }
        if let closing, !isClosed { wait.deadline = min(wait.deadline ?? closing, closing) }
        return wait
    }

    var session: PostgresSession? {
        switch phase {
        case .preparing(let session, _), .ready(let session): session
        case .idle, .dialing, .closed: nil
        }
    }

    private var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    private func takeAbandoned(_ session: PostgresSession) {
        for number in shared.withLock({ $0.abandoned.take() }) where session.transaction == number { session.abandon() }
    }

    /// Runs requests until one has to wait for the server.
    private func serve(_ session: PostgresSession, _ isReadable: Bool) {
        var isReadable = isReadable
        do throws(PostgresError) {
            while true {
                let finished = try session.advance(isReadable)
                isReadable = false
                log(session.takeNotices())
                if let finished { end(finished) }
                // The end may have been that of the connection's start, and a failure.
                guard self.session === session else { break }
                guard session.running == nil else { break }
                guard closing == nil else { break }
                guard try startNext(session) else { break }
            }
            if let deadline = session.deadline, deadline <= .now { throw silent(session) }
            expire()
        } catch {
            lose(session, error)
        }
    }

    /// Begins the next request that may run. False where there is none.
    private func startNext(_ session: PostgresSession) throws(PostgresError) -> Bool {
        if session.mustRollBack {
            try session.startRollBack(within: settings.answerTimeout)
            return true
        }
        guard case .ready = phase else { return false }
        expire()
        while let index = queue.firstIndex(where: { session.takes($0.kind) || $0.kind.isOver(in: session.transaction) }) {
            let request = queue.remove(at: index)
            guard session.takes(request.kind) else {
                request.continuation?.resume(
                    returning: .failure(PostgresError(.invalidUse, "the transaction is over: it failed, or was ended before")))
                continue
            }
            do throws(PostgresError) {
                try session.start(request)
                return true
            } catch {
                request.continuation?.resume(returning: .failure(error))
            }
        }
        return false
    }

    private func end(_ finished: PostgresSession.Finished) {
        if case .preparing(let session, let attempt) = phase {
            prepared(session, attempt, finished.result)
        } else {
            finished.request.continuation?.resume(returning: finished.result)
        }
    }

    /// Fails the requests whose turn does not come in time, or whose tasks were cancelled.
    private func expire() {
        guard !queue.isEmpty else { return }
        let now = ContinuousClock.now
        queue.removeAll { request in
            if request.cancellation?.isRaised == true {
                request.continuation?.resume(
                    returning: .failure(PostgresError(.cancelled, "the task was cancelled before its request was sent to PostgreSQL")))
                return true
            }
            guard request.deadline <= now else { return false }
            request.continuation?.resume(
                returning: .failure(
                    PostgresError(
                        .timedOut,
                        "a request had no turn on connection '\(name)' to PostgreSQL at \(target) within \(request.limit): "
                            + "others took that long")))
            return true
        }
    }

    private func silent(_ session: PostgresSession) -> PostgresError {
        let limit = session.running?.request.limit ?? settings.answerTimeout
        return PostgresError(
            .timedOut,
            "PostgreSQL at \(session.target) was silent for \(limit), and the connection was ended: is its machine or disk overloaded?")
    }

    /// Ends the session, and with it all requests.
    private func lose(_ session: PostgresSession, _ error: PostgresError) {
        log(session.takeNotices())
        let ended = session.ending(error)
        if case .preparing(_, let attempt) = phase {
            attempt.finish(.failure(error))
        } else {
            logger.warning("connection to PostgreSQL lost", metadata: [PostgresLogKey.error: "\(error)"])
        }
        phase = .idle
        shared.withLock { $0.isConnected = false }
        if let ended { ended.request.continuation?.resume(returning: ended.result) }
        failQueue(PostgresError(.connectionLost, "\(error.message); the request was not sent"))
    }

    /// Closes the connection once nothing runs on it, or the time for that is over.
    private func closeIfDue() {
        guard let closing, !isClosed, session?.running == nil || closing <= .now else { return }
        if let ended = session?.ending(closed) { ended.request.continuation?.resume(returning: ended.result) }
        if case .preparing(_, let attempt) = phase { attempt.finish(.failure(closed)) }
        phase = .closed
        shared.withLock { $0.isConnected = false }
        failQueue(closed)
        for closer in closers.take() { closer.resume() }
        logger.debug("connection to PostgreSQL closed")
    }

    private func failQueue(_ error: PostgresError) {
        for request in queue.take() { request.continuation?.resume(returning: .failure(error)) }
    }

    private func log(_ notices: [ServerMessage]) {
        for notice in notices {
            logger.debug(
                "notice of PostgreSQL",
                metadata: [
                    PostgresLogKey.severity: "\(notice.severity)", PostgresLogKey.sqlState: "\(notice.sqlState ?? "")",
                    PostgresLogKey.text: "\(notice.text)",
                ])
        }
    }
}

extension PostgresRequest.Kind {
    /// It belongs to a transaction that is not open any more.
    fileprivate func isOver(in open: UInt64?) -> Bool { transaction.map { $0 != open } ?? false }
}
