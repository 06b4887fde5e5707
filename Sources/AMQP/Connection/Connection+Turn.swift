import Foundation
import Logging
import Polling
import Synchronization

/// The work of the connection's thread between polls.
extension Connection {
    /// Reads what has come, writes what waits, minds heartbeats and deadlines; says what to wait for.
    func turn(_ isReadable: Bool) -> PollLoop.WakeCondition {
        if starting != nil, shared.withLock({ $0.isStartCancelled }) {
            end(AMQPError(.closed, "connection '\(name)' was closed: its start was cancelled"))
        }
        if case .waiting(let until) = phase, until <= .now || isToldToAsk, isAdmitted() { establish() }
        var wait = PollLoop.WakeCondition()
        if case .open(let session) = phase {
            let now = ContinuousClock.now
            do throws(AMQPError) {
                if isReadable { session.lastHeard = now }
                if session.isFull {
                    // Not asked for, only an error or the end shows.
                    if isReadable, !session.readsToWrite { throw AMQPError(.connectionLost, "the connection to \(endpoint) broke") }
                } else if isReadable || session.handle.hasFrames {
                    try read(session)
                }
                wait.deadline = try mindHeartbeats(session, now)
                if let next = try verify(session, now) { wait.deadline = min(wait.deadline ?? next, next) }
                guard session.write() else {
                    throw AMQPError(.connectionLost, "the connection to \(endpoint) broke while writing")
                }
                wait.socket = session.handle.socket
                wait.wantsToRead = !session.isFull || session.readsToWrite
                wait.wantsToWrite = session.wantsToWrite && !session.readsToWrite
            } catch {
                lose(error)
            }
        }
        if case .waiting(let until) = phase { wait = PollLoop.WakeCondition(deadline: until) }
        if let next = expire(.now) { wait.deadline = min(wait.deadline ?? next, next) }
        return wait
    }

    /// Reads all frames that have come, or until a consumer is full, and hands each consumer its deliveries at once.
    private func read(_ session: ConnectionSession) throws(AMQPError) {
        defer { handOver(session) }
        while !session.isFull, let (channel, frame) = try session.handle.nextFrame() {
            try handle(frame, channel: channel, on: session)
            // A channel that was opened anew may have reset `session.channels`; releasing is by number and safe.
            session.handle.release(channel)
        }
    }

    private func handOver(_ session: ConnectionSession) {
        let subscriptions = shared.withLock { $0.consumers }
        for index in session.channels.indices where !session.channels[index].deliveries.isEmpty {
            let deliveries = session.channels[index].deliveries
            session.channels[index].deliveries = []
            subscriptions[index].mailbox.put(deliveries)
        }
    }

    private func handle(_ frame: BrokerFrame, channel: UInt16, on session: ConnectionSession) throws(AMQPError) {
        switch frame {
        case .deliver, .returned, .header, .body:
            try assemble(frame, channel: channel, on: session)
        case .ack(let tag, let multiple):
            // One that was replaced says nothing more of what has been sent again since.
            if channel == session.publishChannel { settle(ledger.acknowledged(tag, multiple: multiple)) }
        case .nack(let tag, let multiple):
            if channel == session.publishChannel { try refuse(tag, multiple: multiple, session) }
        case .consumeOK(let consumerTag):
            guard let number = session.consumer(of: channel) else { return }
            consumes(consumerTag, consumer: number, on: session)
        case .cancelled(let consumerTag):
            guard let number = session.consumer(of: channel) else { return }
            logger.warning("consumer cancelled by the broker, consuming anew", metadata: [AMQPLogKey.consumer: "\(consumerTag)"])
            try resubscribe(number, consumerTag: consumerTag, on: session)
        case .cancelOK(let consumerTag):
            guard let number = session.consumer(of: channel) else { return }
            session.channels[number].tags[consumerTag] = nil
            if session.channels[number].tags.isEmpty {
                handOver(session)
                guard cancelledConsumers.contains(number) else { return }
                shared.withLock { $0.consumers[number].mailbox }.finish()
            }
        case .channelClosed(let code, let text):
            session.encoder.channelCloseOK(channel: channel)
            logger.warning(
                "channel closed by the broker, opening it again",
                metadata: [AMQPLogKey.channel: "\(channel)", AMQPLogKey.code: "\(code)", AMQPLogKey.text: "\(text)"])
            if channel == session.publishChannel {
                try reopenPublishChannel(code: code, text: text, session)
            } else {
                try reopen(channel, after: AMQPError(brokerCode: code, text: text, "a channel of connection '\(name)'"), on: session)
            }
        case .channelCloseOK:
            if channel == session.formerPublishChannel { session.formerPublishChannel = nil }
        case .connectionClosed(let code, let text):
            session.encoder.connectionCloseOK()
            _ = session.write()
            throw AMQPError(.connectionLost, "the broker closed connection '\(name)': \(code) \(text)", brokerCode: code)
        case .blocked(let reason):
            blockedReason = reason
            shared.withLock { $0.enter(.blocked, reason) }
            logger.warning("broker takes no messages, publishing waits", metadata: [AMQPLogKey.reason: "\(reason)"])
        case .unblocked:
            blockedReason = nil
            shared.withLock { $0.enter(.connected) }
            logger.notice("broker takes messages again")
            resumeWaiters()
        case .other(let number):
            logger.debug("frame not used", metadata: [AMQPLogKey.method: "\(number)"])
        }
    }

    private func assemble(_ frame: BrokerFrame, channel: UInt16, on session: ConnectionSession) throws(AMQPError) {
        do throws(ContentAssembler.Violation) {
            if channel == session.publishChannel {
                guard let content = try session.publishAssembler.take(frame),
                    case .returned(let code, let text, _, _) = content.method
                else { return }
                if !ledger.returned(messageID: content.message.properties.messageID ?? "", code: code, text: text) {
                    logger.warning("unknown message returned by the broker", metadata: [AMQPLogKey.code: "\(code)"])
                }
            } else if let number = session.consumer(of: channel) {
                guard var content = try session.channels[number].assembler.take(frame),
                    case .deliver(let consumerTag, let tag, let isRedelivered, let exchange, let routingKey) = content.method
                else { return }
                content.message.properties.restoreUser(movedBy: endpoint.user)
                session.channels[number].held.add(content.message.body.count)
                session.channels[number].deliveries.append(
                    Delivery(
                        tag: DeliveryTag(epoch: session.channels[number].epoch, value: tag),
                        queue: session.channels[number].tags[consumerTag] ?? "", exchange: exchange, routingKey: routingKey,
                        isRedelivered: isRedelivered, message: content.message
                    )
                )
            }
        } catch {
            throw AMQPError(.connectionLost, "the broker at \(endpoint) broke the protocol: \(error.reason)")
        }
    }

    /// Sends a heartbeat after half the agreed interval without other bytes, and gives the connection up after two without
    /// any (AMQP 0-9-1, section 4.2.7). Returns when to look again.
    private func mindHeartbeats(_ session: ConnectionSession, _ now: ContinuousClock.Instant) throws(AMQPError) -> ContinuousClock.Instant?
    {
        guard session.handle.heartbeat > 0 else { return nil }
        let half = Duration.milliseconds(session.handle.heartbeat * 500)
        let double = Duration.seconds(session.handle.heartbeat * 2)
        // Bytes that came while a set-up call held the thread, or a consumer was full, still lie unread in the socket.
        if session.lastHeard + double <= now, session.isReadable { session.lastHeard = now }
        guard session.lastHeard + double > now else {
            throw AMQPError(.connectionLost, "nothing heard from \(endpoint) for \(session.handle.heartbeat * 2) s")
        }
        if session.lastSent + half <= now, !session.wantsToWrite {
            session.encoder.heartbeat()
            session.lastSent = now
        }
        return min(session.lastHeard + double, max(session.lastSent + half, now + .milliseconds(100)))
    }
}

extension ConnectionSession {
    /// The number of the consumer whose channel this is.
    func consumer(of channel: UInt16) -> Int? {
        let number = Int(channel) - Int(Connection.Channel.firstConsumer)
        return channels.indices.contains(number) ? number : nil
    }
}
