import Foundation
import Logging
import Synchronization

/// Looking after what the connection has declared.
extension Connection {
    /// Declares what the connection was given; an owner replaces what an earlier version has declared otherwise.
    func declareAll(_ session: ConnectionSession) throws(AMQPError) {
        if ownership.replaces {
            try Migration(session: session, declarations: declarations, logger: logger).run()
        } else {
            try session.handle.declare(declarations, Channel.administration)
        }
        planVerification()
    }

    /// Some time from now on, each connection at its own.
    private func planVerification() {
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
        try flush(session)
        let missing = try findMissing(session)
        if !missing.isEmpty {
            let names = missing.sorted().joined(separator: ", ")
            let isDeclared = try call(session) { (handle) throws(AMQPError) in
                try handle.declare(declarations, Channel.administration)
            }
            shared.withLock { shared in
                for name in missing where shared.missing[name]?.until != nil || shared.missing[name] == nil {
                    shared.missing[name] = ConnectionReading.Missing(since: now, until: isDeclared ? .now : nil)
                }
            }
            guard isDeclared else {
                logger.error("exchange or queue was deleted and cannot be declared again", metadata: [AMQPLogKey.name: "\(names)"])
                return nextVerification
            }
            logger.warning("exchange or queue was deleted, declared again", metadata: [AMQPLogKey.name: "\(names)"])
        }
        shared.withLock { shared in
            for name in shared.missing.keys where shared.missing[name]?.until == nil { shared.missing[name]?.until = .now }
            shared.missing = shared.missing.filter { $0.value.until.map { $0 + ConnectionReading.grace > .now } ?? true }
        }
        return nextVerification
    }

    /// The exchanges and queues that are missing, by name. Missing bindings are made again.
    private func findMissing(_ session: ConnectionSession) throws(AMQPError) -> Set<String> {
        var missing: Set<String> = []
        if ownership.ownsExchanges {
            for exchange in declarations.exchanges {
                let isThere = try call(session) { (handle) throws(AMQPError) in
                    try handle.look(atExchange: exchange.name, Channel.administration)
                }
                if !isThere { missing.insert("exchange \(exchange.name)") }
            }
        }
        for binding in declarations.bindings where !missing.contains("exchange \(binding.exchange)") {
            var problem: AMQPError?
            let isThere = try call(
                session, { (handle) throws(AMQPError) in try handle.bind(binding, Channel.administration) }, onRefusal: { problem = $0 }
            )
            guard !isThere, let problem else { continue }
            missing.insert(problem.message.contains("no exchange '") ? "exchange \(binding.exchange)" : "queue \(binding.queue)")
        }
        return missing
    }

    /// Makes a call on the administration channel.
    ///
    /// - Returns: whether the broker did it; else it has closed the channel, which the next call opens again.
    private func call(
        _ session: ConnectionSession, _ body: (Handle) throws(AMQPError) -> Void, onRefusal: (AMQPError) -> Void = { _ in }
    ) throws(AMQPError) -> Bool {
        do throws(AMQPError) {
            try flush(session)
            try openAdministration(session)
            try body(session.handle)
            return true
        } catch {
            guard error.brokerCode != nil, !session.handle.isClosedByBroker else { throw error }
            session.encoder.channelCloseOK(channel: Channel.administration)
            session.isAdministrationOpen = false
            onRefusal(error)
            return false
        }
    }
}
