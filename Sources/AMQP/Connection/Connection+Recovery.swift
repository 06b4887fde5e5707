import Foundation
import Logging
import Synchronization

/// Establishing the connection, and what to do when it or a channel of it is lost.
extension Connection {
    /// A connection that lasted this long counts as recovered: the backoff begins anew.
    private static let stability = Duration.seconds(10)

    /// Connects, declares and consumes; on failure waits for the next attempt.
    func establish() {
        guard let target = nextTarget() else { return }
        do throws(AMQPError) {
            let handle = try Handle(target, name: name, clientProperties: clientProperties)
            let session = ConnectionSession(handle, user: endpoint.user)
            let migration = Migration(session: session, user: endpoint.user, bindings: declarations.bindings, logger: logger)
            try declareAll(session, replacing: migration)
            planVerification()
            try handle.openChannel(Channel.publish)
            try handle.selectConfirms(Channel.publish)
            nacks.channelOpened()
            let consumers = shared.withLock { $0.consumers }
            for (number, subscription) in consumers.enumerated() {
                session.channels.append(
                    ConnectionSession.ConsumerChannel(
                        channel: Channel.firstConsumer + UInt16(number), epoch: 0, held: HeldDeliveries(limit: subscription.maximumBytes)
                    )
                )
                try open(number, session)
            }
            // Only now: the library keeps all that is delivered while it waits for the answer of a call.
            for number in consumers.indices { try subscribe(number, session) }
            established += 1
            attemptErrors.removeAll()
            phase = .open(session)
            blockedReason = nil
            let listeners = shared.withLock { shared in
                shared.enter(.connected)
                return shared.listeners.values
            }
            for listener in listeners { listener.yield(established) }
            logger.info(
                established == 1 ? "connected" : "connected again", metadata: [AMQPLogKey.endpoint: "\(endpoint.at(rotation.current))"])
            starting?.continuation.resume(returning: .success(()))
            starting = nil
            resumeWaiters()
        } catch {
            retry(after: error)
        }
    }

    /// The broker at the address of the next attempt, with the password as its source has it now. Nil where it cannot be read: the attempt
    /// has failed, and the log says so once.
    private func nextTarget() -> Endpoint? {
        var target = endpoint.at(rotation.current)
        guard let source = endpoint.passwordSource else { return target }
        do throws(AMQPError) {
            target.password = try source.read()
            attemptErrors.ofPassword = nil
            return target
        } catch {
            let isNew = error != attemptErrors.ofPassword
            attemptErrors.ofPassword = error
            retry(after: error, isTold: isNew)
            return nil
        }
    }

    /// The connection is gone: everything under way has an unknown outcome.
    ///
    /// - Parameters:
    ///   - error: why.
    ///   - pause: how long it stays without a connection at least.
    ///   - isTold: whether the log warns of it; nil: at the first failure, and once a round.
    func lose(_ error: AMQPError, pausing pause: Duration = .zero, isTold: Bool? = nil) {
        if case .open(let session) = phase, session.began.duration(to: .now) > Self.stability { rotation.reset() }
        shared.withLock { shared in
            shared.enter(.unconnected)
            for number in shared.consumers.indices { shared.consumers[number].lapse() }
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
        retry(after: error, pausing: pause, isTold: isTold)
    }

    /// Drops the connection and makes it anew, as if it had been lost.
    ///
    /// - Parameters:
    ///   - reason: why, for the log.
    ///   - pause: how long it stays without a connection at least.
    package func reconnect(because reason: String, after pause: Duration = .zero) {
        guard case .open = phase else { return }
        // No fault of the broker: the log does not read as if it were.
        logger.notice("program drops the connection and makes it anew", metadata: [AMQPLogKey.reason: "\(reason)"])
        lose(AMQPError(.connectionLost, reason), pausing: pause, isTold: false)
    }

    private func retry(after error: AMQPError, pausing pause: Duration = .zero, isTold: Bool? = nil) {
        var generator = SystemRandomNumberGenerator()
        attemptErrors.add(error, of: rotation.current)
        let told = attemptErrors.combined(of: endpoint) ?? error
        let delay = max(pause, rotation.fail(backoff, using: &generator))
        // Not before the others were asked: a node that is silent uses up all the time.
        if let starting, rotation.isRoundOver,
            attemptErrors.areHopeless(of: endpoint) || starting.deadline.map({ $0 <= .now }) == true
        {
            end(told)
            return
        }
        let isLocked = attemptErrors.sayLocked
        let wasLocked = shared.withLock { shared in
            defer { shared.enter(isLocked ? .locked : .unconnected, told.message) }
            return shared.state == .locked
        }
        let metadata: Logger.Metadata = [
            AMQPLogKey.error: "\(told)", AMQPLogKey.retryNumber: "\(rotation.failures)", AMQPLogKey.retryDelay: "\(delay.milliseconds)",
        ]
        switch error.code {
        case .resourceLocked:
            logger.log(level: wasLocked ? .debug : .notice, "another connection holds an exclusive queue, standing by", metadata: metadata)
        case .notFound:
            let level = Self.level(ofMissingSince: attemptErrors.awaitedSince, at: .now)
            logger.log(level: level, "exchange or queue is missing, waiting for its owner", metadata: metadata)
        default:
            let isTold = isTold ?? (!isLocked && (rotation.failures == 1 || rotation.isRoundOver))
            logger.log(level: isTold ? .warning : .debug, "connection lost or not made, trying again", metadata: metadata)
        }
        var until = ContinuousClock.now + delay
        if let deadline = starting?.deadline { until = min(until, deadline) }
        phase = .waiting(until: until)
    }

    /// Opens a consumer's channel.
    private func open(_ number: Int, _ session: ConnectionSession) throws(AMQPError) {
        let subscription = shared.withLock { $0.consumers[number] }
        let channel = session.channels[number].channel
        epochs += 1
        session.channels[number] = ConnectionSession.ConsumerChannel(
            channel: channel, epoch: epochs, held: HeldDeliveries(limit: subscription.maximumBytes)
        )
        subscription.mailbox.drop()
        shared.withLock { $0.consumers[number].lapse() }
        try session.handle.openChannel(channel)
    }

    /// Consumes a consumer's queues, with tags never used before: a re-used one can strand messages of a quorum queue.
    private func subscribe(_ number: Int, _ session: ConnectionSession) throws(AMQPError) {
        let subscription = shared.withLock { $0.consumers[number] }
        guard !cancelledConsumers.contains(number) else {
            subscription.mailbox.finish()
            return
        }
        guard !pausedConsumers.contains(number) else { return }
        for queue in subscription.queues { try consume(queue, consumer: number, on: session) }
    }

    private func consume(_ queue: String, consumer number: Int, on session: ConnectionSession) throws(AMQPError) {
        let tag = consumerTag()
        let isFirst = session.channels.allSatisfy { $0.tags.isEmpty }
        // Written down first: deliveries may come before the call returns.
        session.channels[number].tags[tag] = queue
        let channel = session.channels[number].channel
        // Each time: the channel keeps what was last said of another queue.
        let prefetch = shared.withLock { $0.consumers[number].prefetch(of: queue) }
        if isFirst {
            try session.handle.setPrefetch(prefetch, channel)
            try session.handle.consume(queue, tag: tag, channel)
            consumes(tag, consumer: number, on: session)
        } else {
            // A call would have the library keep all that the broker delivers of other queues until the answer comes.
            session.encoder.prefetch(prefetch, channel: channel)
            session.encoder.consume(queue, consumerTag: tag, channel: channel)
        }
    }

    /// A consumer tag that was never used before; it has 255 bytes at most.
    func consumerTag() -> String {
        "\(String(decoding: name.utf8.prefix(100), as: UTF8.self)).\(UInt64.random(in: .min ... .max))"
    }

    /// The broker has said that a queue is consumed: one without a leader, say, never is.
    func consumes(_ consumerTag: String, consumer number: Int, on session: ConnectionSession) {
        guard let queue = session.channels[number].tags[consumerTag] else { return }
        shared.withLock { _ = $0.consumers[number].lapsed.removeValue(forKey: queue) }
    }

    /// The broker ended a consumer, most often because somebody deleted its queue: declares everything and consumes again.
    func resubscribe(_ number: Int, consumerTag: String, on session: ConnectionSession) throws(AMQPError) {
        guard let queue = session.channels[number].tags.removeValue(forKey: consumerTag),
            !cancelledConsumers.contains(number), !pausedConsumers.contains(number), !session.channels[number].tags.values.contains(queue)
        else { return }
        shared.withLock { $0.consumers[number].lapsed[queue] = .now }
        try declareAll(session)
        try consume(queue, consumer: number, on: session)
    }

    /// The broker closed a channel: opens it again with what it was for.
    func reopen(_ channel: UInt16, after error: AMQPError, on session: ConnectionSession) throws(AMQPError) {
        if channel == session.formerPublishChannel {
            session.formerPublishChannel = nil
            return
        }
        guard session.channelLosses.add(at: .now) else { throw error }
        try session.flush()
        if channel == Channel.administration {
            session.isAdministrationOpen = false
        } else if let number = session.consumer(of: channel) {
            try open(number, session)
            try subscribe(number, session)
        }
    }

    /// The broker closed the publish channel. If it says for which message, that one has its outcome, and everything else is
    /// sent again; where it does not, nobody will know what became of them.
    func reopenPublishChannel(code: Int, text: String, _ session: ConnectionSession) throws(AMQPError) {
        let notice = RefusalNotice(code: code, text: text)
        var refusals: [ConfirmLedger.Entry: PublishOutcome] = [:]
        if let notice {
            let fitting = ledger.unconfirmed.compactMap { entry in
                confirmations[entry.batch].map { (entry, $0.publications[entry.index]) }
            }.filter { notice.refusal(of: $1) != nil }
            for (entry, publication) in fitting {
                refusals[entry] = notice.refusal(of: publication, mayHaveArrived: fitting.count > 1).map { .refused($0) }
            }
            if let limit = notice.maximumBodySize { session.maximumBodySize = limit }
        }
        var again: [ConfirmLedger.Entry] = []
        if refusals.isEmpty {
            let error = AMQPError(brokerCode: code, text: text, "a channel of connection '\(name)'")
            failPublications(AMQPError(.connectionLost, error.message, brokerCode: code))
            guard session.channelLosses.add(at: .now) else { throw error }
        } else {
            // Each such close ends a publication at least, so they come to an end by themselves.
            again = restartLedger { refusals[$0] }
        }
        try session.flush()
        try openPublishChannel(session.publishChannel, session)
        publish(again, session)
    }

    /// Publishes on a new channel from now on, and sends again on it what is unconfirmed.
    func replacePublishChannel(_ session: ConnectionSession) throws(AMQPError) {
        guard session.formerPublishChannel == nil else { return }
        logger.warning(
            "broker refuses messages, publishing over a new channel", metadata: [AMQPLogKey.channel: "\(session.publishChannel)"])
        try session.flush()
        let former = session.publishChannel
        try openPublishChannel(former == Channel.publish ? session.handle.lastChannel : Channel.publish, session)
        session.formerPublishChannel = former
        session.encoder.channelClose(channel: former)
        publish(restartLedger { _ in nil }, session)
    }

    private func openPublishChannel(_ channel: UInt16, _ session: ConnectionSession) throws(AMQPError) {
        try session.handle.openChannel(channel)
        try session.handle.selectConfirms(channel)
        session.publishChannel = channel
        session.publishAssembler = ContentAssembler()
        nacks.channelOpened()
    }

    /// Numbers what is unconfirmed anew; returns what is to be sent again.
    private func restartLedger(_ outcome: (ConfirmLedger.Entry) -> PublishOutcome?) -> [ConfirmLedger.Entry] {
        let (settled, again) = ledger.restart(keeping: { confirmations[$0] != nil }, outcome: outcome)
        settle(settled)
        return again
    }

    private func publish(_ entries: [ConfirmLedger.Entry], _ session: ConnectionSession) {
        for entry in entries {
            guard let publication = confirmations[entry.batch]?.publications[entry.index] else { continue }
            session.encoder.publish(publication, channel: session.publishChannel)
        }
    }
}
