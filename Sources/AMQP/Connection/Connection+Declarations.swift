import Logging

/// Declaring what the connection was given: actively what it owns, passively what it uses.
extension Connection {
    /// Declares everything, and binds the queues that it has declared by itself. Whoever declares a queue binds it.
    ///
    /// - Parameters:
    ///   - session: the connection's session.
    ///   - migration: what replaces an owned exchange or queue that is declared otherwise; nil: nothing does.
    /// - Throws: `notFound` where an exchange or a queue is missing that the broker does not let the user declare.
    func declareAll(_ session: ConnectionSession, replacing migration: Migration? = nil) throws(AMQPError) {
        for exchange in declarations.exchanges { _ = try declare(.exchange(exchange), session, migration) }
        for queue in declarations.queues {
            if try declare(.queue(queue), session, migration) { session.declaredQueues.insert(queue.name) }
        }
        for binding in declarations.bindings where session.declaredQueues.contains(binding.queue) {
            try session.administrate { (handle, channel) throws(AMQPError) in try handle.bind(binding, channel) }
        }
    }

    /// Declares an exchange or a queue that the connection owns, or that is missing.
    ///
    /// - Returns: whether it did; else what is there is used as it is.
    private func declare(
        _ declaration: Declaration, _ session: ConnectionSession, _ migration: Migration?
    ) throws(AMQPError) -> Bool {
        let isOwned = declaration.isOwned(under: ownership) && !undeclarable.contains(declaration.name)
        if !isOwned, try isThere(declaration, session) { return false }
        let refusal = try session.refusal { (handle, channel) throws(AMQPError) in try handle.declare(declaration, channel) }
        guard let refusal else {
            if isOwned { try migration?.complete(declaration) }
            return true
        }
        if refusal.code == .preconditionFailed, isOwned, !declaration.isExclusive, let migration {
            try migration.replace(declaration)
            return true
        }
        guard refusal.code == .accessRefused, !declaration.isExclusive else { throw refusal }
        // Remembered, so that the broker does not refuse it each time that the connection is established.
        undeclarable.insert(declaration.name)
        if isOwned, try isThere(declaration, session) {
            logger.notice(
                "exchange or queue is not this user's to declare, using it as it is", metadata: [AMQPLogKey.name: "\(declaration.name)"])
            return false
        }
        let declarer = declarer(of: declaration)
        attemptErrors.awaitedSince = declarer == nil ? nil : attemptErrors.awaitedSince ?? .now
        let advice =
            declarer.map { "\($0) declares it when it runs" }
            ?? "start the service that declares it, or give the user the permission to configure it"
        throw AMQPError(
            .notFound, "\(declaration.name) is missing, and the broker does not let user '\(endpoint.user)' declare it: \(advice)",
            brokerCode: refusal.brokerCode
        )
    }

    private func declarer(of declaration: Declaration) -> String? {
        guard case .queue(let queue) = declaration else { return nil }
        return declarations.declarers[queue.name]
    }

    /// For so long it is no trouble that another program has not declared a queue yet.
    static let declarerPatience = Duration.seconds(5)

    /// How important it is for the log that something is missing.
    ///
    /// - Parameters:
    ///   - start: since when it is, where another program declares it soon; nil: none does.
    ///   - now: the time.
    static func level(ofMissingSince start: ContinuousClock.Instant?, at now: ContinuousClock.Instant) -> Logger.Level {
        guard let start, now < start + declarerPatience else { return .warning }
        return .info
    }

    func isThere(_ declaration: Declaration, _ session: ConnectionSession) throws(AMQPError) -> Bool {
        let refusal = try session.refusal { (handle, channel) throws(AMQPError) in try handle.look(at: declaration, channel) }
        if let refusal, refusal.code != .notFound { throw refusal }
        return refusal == nil
    }
}
