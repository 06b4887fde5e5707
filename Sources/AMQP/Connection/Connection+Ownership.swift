import Foundation
import Logging
import Synchronization

/// Looking after what the connection has declared.
extension Connection {
    /// Some time from now on, each connection at its own.
    func planVerification() {
        nextVerification = ownership.interval.map { .now + $0 * Double.random(in: 0.8...1.2) }
    }

    /// Looks whether what the connection declares is still there, and declares it again where somebody has deleted it.
    ///
    /// - Returns: when to look again.
    func verify(_ session: ConnectionSession, _ now: ContinuousClock.Instant) throws(AMQPError) -> ContinuousClock.Instant? {
        guard let due = nextVerification, due <= now else { return nextVerification }
        planVerification()
        // A call would read on for a consumer that is full.
        guard blockedReason == nil, !session.isFull else { return nextVerification }
        let missing = try findMissing(session)
        if !missing.isEmpty {
            let names = missing.sorted().joined(separator: ", ")
            let refusal = try declareAgain(session)
            shared.withLock { shared in
                for name in missing {
                    if shared.missing[name]?.until != nil || shared.missing[name] == nil {
                        shared.missing[name] = ConnectionReading.Missing(since: now)
                    }
                    if refusal == nil { shared.missing[name]?.until = .now }
                }
            }
            if let refusal {
                logger.error(
                    "exchange or queue was deleted and cannot be declared again, waiting for its owner",
                    metadata: [AMQPLogKey.name: "\(names)", AMQPLogKey.error: "\(refusal)"])
                return nextVerification
            }
            logger.warning("exchange or queue was deleted, declared again", metadata: [AMQPLogKey.name: "\(names)"])
        }
        try checkSettings(session)
        try replaceExchanges(session, now)
        shared.withLock { shared in
            for name in shared.missing.keys where shared.missing[name]?.until == nil { shared.missing[name]?.until = .now }
            shared.missing = shared.missing.filter { $0.value.until.map { $0 + ConnectionReading.grace > .now } ?? true }
        }
        return nextVerification
    }

    /// Looks whether the durable queues that it owns are as they should be. Nobody tells it where it does not consume one.
    ///
    /// - Throws: `connectionLost` where somebody has declared one otherwise: as the connection is established anew, the queue is replaced.
    private func checkSettings(_ session: ConnectionSession) throws(AMQPError) {
        for declaration in declarations.queues.map(Declaration.queue)
        where declaration.isOwned(under: ownership) && !declaration.isExclusive && !undeclarable.contains(declaration.name) {
            let refusal = try session.refusal { (handle, channel) throws(AMQPError) in try handle.declare(declaration, channel) }
            guard let refusal, refusal.code == .preconditionFailed else { continue }
            throw AMQPError(.connectionLost, "somebody has declared \(declaration.name) otherwise, it is replaced (\(refusal))")
        }
    }

    /// Replaces the exchanges that it owns and that somebody has declared otherwise: one of another kind drops messages, or gives them to
    /// queues that they are not for. It binds its queues again; others bind theirs.
    ///
    /// - Throws: `connectionLost` where one cannot be replaced: it is tried again as the connection is established anew, and the reason names
    ///   the exchange.
    private func replaceExchanges(_ session: ConnectionSession, _ now: ContinuousClock.Instant) throws(AMQPError) {
        guard ownership.ownsExchanges else { return }
        let migration = Migration(session: session, user: endpoint.user, bindings: [], logger: logger)
        for exchange in declarations.exchanges {
            let declaration = Declaration.exchange(exchange)
            guard !undeclarable.contains(declaration.name) else { continue }
            let refusal = try session.refusal { (handle, channel) throws(AMQPError) in try handle.declare(declaration, channel) }
            guard let refusal, refusal.code == .preconditionFailed else { continue }
            do throws(AMQPError) {
                try migration.replace(declaration)
                for binding in ownBindings(session) where binding.exchange == exchange.name {
                    try session.administrate { (handle, channel) throws(AMQPError) in try handle.bind(binding, channel) }
                }
            } catch {
                throw AMQPError(.connectionLost, error.message, brokerCode: error.brokerCode)
            }
            shared.withLock { $0.missing[declaration.name] = ConnectionReading.Missing(since: now, until: .now, isOtherwise: true) }
            logger.warning(
                "exchange was declared otherwise by somebody, replaced and bound again",
                metadata: [AMQPLogKey.name: "\(declaration.name)", AMQPLogKey.error: "\(refusal)"])
        }
    }

    /// - Returns: the broker's refusal; nil where everything is declared.
    private func declareAgain(_ session: ConnectionSession) throws(AMQPError) -> AMQPError? {
        do throws(AMQPError) {
            try declareAll(session)
            return nil
        } catch {
            guard session.isRefusal(error) else { throw error }
            return error
        }
    }

    /// The bindings of the queues that it has declared.
    private func ownBindings(_ session: ConnectionSession) -> [Binding] {
        declarations.bindings.filter { session.declaredQueues.contains($0.queue) }
    }

    /// The exchanges and queues that are missing, by name. Missing bindings are made again.
    private func findMissing(_ session: ConnectionSession) throws(AMQPError) -> Set<String> {
        var missing: Set<String> = []
        if ownership.ownsExchanges {
            for declaration in declarations.exchanges.map(Declaration.exchange) where try !isThere(declaration, session) {
                missing.insert(declaration.name)
            }
        }
        for binding in ownBindings(session) where !missing.contains("exchange \(binding.exchange)") {
            let refusal = try session.refusal { (handle, channel) throws(AMQPError) in try handle.bind(binding, channel) }
            guard let refusal else { continue }
            missing.insert(refusal.message.contains("no exchange '") ? "exchange \(binding.exchange)" : "queue \(binding.queue)")
        }
        return missing
    }
}
