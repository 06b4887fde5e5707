import Foundation
import Logging
import Synchronization
import TaskGridCore

/// Establishing the connection, and what to do when it or a channel of it is lost.
extension Connection {
    /// A connection that stood this long counts as recovered: the backoff begins anew.
    private static let stability = Duration.seconds(10)
    /// More channels lost than this within one life of the connection, and all of it is established anew, with backoff.
    private static let toleratedChannels = 5

    /// Connects, declares and consumes; on failure waits for the next attempt.
    func establish() {
        do throws(AMQPError) {
            let handle = try Handle(endpoint, name: name)
            let session = Session(handle)
            try openAdministration(session)
            try handle.declare(declarations, Channel.administration)
            try handle.openChannel(Channel.publish)
            try handle.selectConfirms(Channel.publish)
            for number in registry.withLock({ $0.consumers }).indices {
                session.channels.append(
                    Session.ConsumerChannel(channel: Channel.firstConsumer + UInt16(number), epoch: 0)
                )
                try subscribe(number, session)
            }
            established += 1
            phase = .open(session)
            blockedReason = nil
            let listeners = registry.withLock { registry in
                registry.stand(.connected)
                return registry.listeners.values
            }
            for listener in listeners { listener.yield(established) }
            logger.info(established == 1 ? "connected" : "connected again", metadata: ["amqp.endpoint": "\(endpoint)"])
            starting?.continuation.resume(returning: .success(()))
            starting = nil
            resumeWaiters()
        } catch {
            failures += 1
            retry(after: error)
        }
    }

    /// The connection is gone: everything under way has an unknown outcome.
    func lose(_ error: AMQPError) {
        if case .open(let session) = phase, session.began.duration(to: .now) > Self.stability { failures = 0 }
        failures += 1
        registry.withLock { registry in
            registry.stand(.unconnected)
            for number in registry.consumers.indices { registry.consumers[number].lapse() }
        }
        for (number, mailbox) in registeredConsumers.enumerated() {
            mailbox.drop()
            // The broker's answer to the cancel will not come any more.
            if cancelledConsumers.contains(number) { mailbox.finish() }
        }
        blockedReason = nil
        failPublications(
            error.code == .connectionLost ? error : AMQPError(.connectionLost, error.message, brokerCode: error.brokerCode)
        )
        retry(after: error)
    }

    private func retry(after error: AMQPError) {
        if let starting {
            let isHopeless = [.accessRefused, .preconditionFailed, .unsupported, .badURL].contains(error.code)
            if isHopeless || starting.deadline.map({ $0 <= .now }) == true {
                end(error)
                return
            }
        }
        let delay = backoff.delay(before: failures)
        registry.withLock { $0.stand(error.code == .resourceLocked ? .locked : .unconnected, error.message) }
        logger.warning(
            "connection lost or not made; trying again",
            metadata: ["error": "\(error)", "retry.number": "\(failures)", "retry.delay_ms": "\(delay.milliseconds)"]
        )
        var until = ContinuousClock.now + delay
        if let deadline = starting?.deadline { until = min(until, deadline) }
        phase = .waiting(until: until)
    }

    /// Opens a consumer's channel and consumes its queues, with tags never used before: a re-used one can strand messages
    /// of a quorum queue.
    private func subscribe(_ number: Int, _ session: Session) throws(AMQPError) {
        let subscription = registry.withLock { $0.consumers[number] }
        let channel = session.channels[number].channel
        epochs += 1
        session.channels[number] = Session.ConsumerChannel(
            channel: channel, epoch: epochs, held: subscription.maximumBytes.map(HeldDeliveries.init)
        )
        subscription.mailbox.drop()
        registry.withLock { $0.consumers[number].lapse() }
        try session.handle.openChannel(channel)
        guard !cancelledConsumers.contains(number) else {
            subscription.mailbox.finish()
            return
        }
        for queue in subscription.queues { try consume(queue, number, session) }
    }

    private func consume(_ queue: String, _ number: Int, _ session: Session) throws(AMQPError) {
        // A consumer tag has 255 bytes at most.
        let tag = "\(String(decoding: name.utf8.prefix(100), as: UTF8.self)).\(UInt64.random(in: .min ... .max))"
        // Written down first: deliveries may come before the call returns.
        session.channels[number].tags[tag] = queue
        let subscription = registry.withLock { $0.consumers[number] }
        let channel = session.channels[number].channel
        try session.handle.setPrefetch(subscription.prefetch, channel)
        if subscription.maximumBytes == nil {
            try session.handle.consume(queue, tag: tag, channel)
            consumes(tag, number, session)
        } else {
            // Who waits for the answer of a second queue has the library keep all that the broker delivers of the first.
            session.encoder.consume(queue, consumerTag: tag, channel: channel)
        }
    }

    /// The broker has said that a queue is consumed: one without a leader, say, never is.
    func consumes(_ consumerTag: String, _ number: Int, _ session: Session) {
        guard let queue = session.channels[number].tags[consumerTag] else { return }
        registry.withLock { _ = $0.consumers[number].lapsed.removeValue(forKey: queue) }
    }

    /// The broker ended a consumer, most often because somebody deleted its queue: declares everything and consumes again.
    func resubscribe(_ number: Int, _ consumerTag: String, _ session: Session) throws(AMQPError) {
        guard let queue = session.channels[number].tags.removeValue(forKey: consumerTag),
            !cancelledConsumers.contains(number)
        else { return }
        registry.withLock { $0.consumers[number].lapsed[queue] = .now }
        try flush(session)
        try openAdministration(session)
        try session.handle.declare(declarations, Channel.administration)
        try consume(queue, number, session)
    }

    /// The broker closed a channel: opens it again with what it was for.
    func reopen(_ channel: UInt16, _ error: AMQPError, _ session: Session) throws(AMQPError) {
        session.closedChannels += 1
        guard session.closedChannels <= Self.toleratedChannels else { throw error }
        try flush(session)
        if channel == Channel.publish {
            failPublications(AMQPError(.connectionLost, error.message, brokerCode: error.brokerCode))
            session.publishAssembler = ContentAssembler()
            try session.handle.openChannel(channel)
            try session.handle.selectConfirms(channel)
        } else if channel == Channel.administration {
            session.isAdministrationOpen = false
        } else if let number = session.consumer(of: channel) {
            try subscribe(number, session)
        }
    }

    /// Opens the administration channel where an error has closed it, or nobody has opened it yet.
    func openAdministration(_ session: Session) throws(AMQPError) {
        guard !session.isAdministrationOpen else { return }
        try session.handle.openChannel(Channel.administration)
        session.isAdministrationOpen = true
    }

    func flush(_ session: Session) throws(AMQPError) {
        guard session.flush(until: .now + Handle.callTimeout) else {
            throw AMQPError(.connectionLost, "the broker at \(endpoint) takes no bytes")
        }
    }
}
