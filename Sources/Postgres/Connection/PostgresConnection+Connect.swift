import Logging
import Polling
import Synchronization

/// The start of a session.
extension PostgresConnection {
    /// Connects, each host in turn until one is as `target_session_attrs` asks. It returns at once where it is connected.
    ///
    /// - Parameter limit: the longest time for all hosts; nil: that of the settings.
    /// - Throws: why there is no connection; what each host said, where there are several.
    package nonisolated func connect(within limit: Duration? = nil) async throws(PostgresError) {
        let limit = limit ?? settings.connectTimeout
        let attempt = ConnectAttempt(deadline: .now + limit)
        let late = PostgresError(
            .timedOut, "connection '\(name)' found no PostgreSQL within \(limit): does the look-up of host names hang?")
        // Unstructured, because it ends with this call. It comes after the thread's own clock, which knows more, unless the thread hangs.
        let clock = Task {
            guard (try? await Task.sleep(until: attempt.deadline + .milliseconds(250), clock: .continuous)) != nil else { return }
            attempt.finish(.failure(late))
        }
        defer { clock.cancel() }
        let result = await withTaskCancellationHandler {
            shared.withLock { $0.attempts.append(attempt) }
            loop.wake()
            return await attempt.wait()
        } onCancel: {
            attempt.finish(.failure(PostgresError(.cancelled, "connection '\(name)' to PostgreSQL: the task that connects was cancelled")))
            loop.wake()
        }
        try result.get()
    }

    /// Sees to the callers that want a connection, as far as there is one or none is being made.
    func takeAttempts() {
        // One whose caller is gone keeps no other from connecting.
        switch phase {
        case .dialing(_, let attempt) where attempt.isOver, .preparing(_, let attempt) where attempt.isOver: phase = .idle
        case .idle, .dialing, .preparing, .ready, .closed: break
        }
        for attempt in shared.withLock({ $0.attempts.take() }) where !attempt.isOver {
            switch phase {
            case .idle: begin(attempt)
            case .ready where closing == nil: attempt.finish(.success(()))
            case .dialing, .preparing:
                attempt.finish(
                    .failure(PostgresError(.invalidUse, "connection '\(name)' is being connected by another call: wait for that")))
            case .ready, .closed: attempt.finish(.failure(closed))
            }
        }
    }

    private func begin(_ attempt: ConnectAttempt) {
        do throws(PostgresError) {
            let functions = try Libpq.functions()
            let options = try ConnectionOptions(settings, functions)
            target = options.description
            phase = .dialing(Dialer(options, until: attempt.deadline, functions), attempt)
        } catch {
            attempt.finish(.failure(error))
        }
    }

    /// Goes on with the connection that is being made. Returns what to wait for; nil: it is made, or has failed.
    func dial() -> PollLoop.WakeCondition? {
        guard case .dialing(var dialer, let attempt) = phase else { return nil }
        guard closing == nil else {
            phase = .idle
            attempt.finish(.failure(closed))
            return nil
        }
        switch dialer.step() {
        case .waiting(let wait):
            phase = .dialing(dialer, attempt)
            return wait
        case .connected(let handle):
            prepare(handle, at: dialer.options.description(at: handle.place), attempt)
        case .failed(let error):
            phase = .idle
            attempt.finish(.failure(error))
            logger.debug("no connection to PostgreSQL", metadata: [PostgresLogKey.error: "\(error)"])
        }
        return nil
    }

    /// Sets the session's parameters, whatever the role's and the database's are.
    private func prepare(_ handle: PostgresHandle, at target: String, _ attempt: ConnectAttempt) {
        guard handle.enterPipelineMode() else {
            phase = .idle
            attempt.finish(.failure(PostgresError(.unreachable, "libpq refuses pipeline mode: \(handle.errorText)")))
            return
        }
        let session = PostgresSession(handle, target: target, maximumAnswerBytes: settings.maximumAnswerBytes)
        phase = .preparing(session, attempt)
        let parameters = [("statement_timeout", "0")] + settings.parameters.sorted { $0.key < $1.key }
        do throws(PostgresError) {
            let left = max(.zero, ContinuousClock.now.duration(to: attempt.deadline))
            try session.start(
                PostgresRequest(
                    kind: .plain, statements: parameters.map { PostgresQuery.setParameter($0, $1) }, limit: left,
                    deadline: attempt.deadline,
                    cancellation: nil, continuation: nil))
        } catch {
            phase = .idle
            attempt.finish(.failure(error))
        }
    }

    /// The session's parameters are set, or were refused.
    func prepared(_ session: PostgresSession, _ attempt: ConnectAttempt, _ result: Result<[PostgresRows], PostgresError>) {
        switch result {
        case .failure(let error):
            phase = .idle
            attempt.finish(.failure(error))
        case .success:
            phase = .ready(session)
            shared.withLock { $0.isConnected = true }
            guard attempt.finish(.success(())) else {
                // Nobody waits for it any more.
                phase = .idle
                shared.withLock { $0.isConnected = false }
                return
            }
            logger.info(
                "connected to PostgreSQL",
                metadata: [
                    PostgresLogKey.server: "\(session.target)", PostgresLogKey.address: "\(session.handle.address)",
                    PostgresLogKey.process: "\(session.handle.process)",
                    PostgresLogKey.version: "\(session.handle.serverVersion)",
                ])
        }
    }
}
