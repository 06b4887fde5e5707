import Synchronization

extension Connection {
    /// - Returns: Whether all were acknowledged: none is of a life that the connection no longer has.
    func ack(_ tags: [DeliveryTag], multiple: Bool, consumer number: Int) -> Bool {
        guard case .open(let session) = phase, session.channels.indices.contains(number) else { return false }
        let channel = session.channels[number]
        for tag in tags where tag.epoch == channel.epoch {
            session.channels[number].held.acknowledge(tag.value, multiple: multiple)
            session.encoder.ack(tag.value, multiple: multiple, channel: channel.channel)
        }
        return tags.allSatisfy { $0.epoch == channel.epoch }
    }

    func cancel(consumer number: Int) {
        guard cancelledConsumers.insert(number).inserted else { return }
        shared.withLock { $0.consumers[number].isWanted = false }
        guard case .open(let session) = phase, session.channels.indices.contains(number),
            !session.channels[number].tags.isEmpty
        else {
            shared.withLock { $0.consumers[number].mailbox }.finish()
            return
        }
        for tag in session.channels[number].tags.keys {
            session.encoder.cancel(consumerTag: tag, channel: session.channels[number].channel)
        }
    }

    func pause(consumer number: Int) {
        guard !cancelledConsumers.contains(number), pausedConsumers.insert(number).inserted else { return }
        shared.withLock { $0.consumers[number].isWanted = false }
        guard case .open(let session) = phase, session.channels.indices.contains(number) else { return }
        for tag in session.channels[number].tags.keys {
            session.encoder.cancel(consumerTag: tag, channel: session.channels[number].channel)
        }
    }

    func resume(consumer number: Int) {
        guard pausedConsumers.remove(number) != nil, !cancelledConsumers.contains(number) else { return }
        shared.withLock { shared in
            shared.consumers[number].isWanted = true
            shared.consumers[number].lapsed = [:]
            shared.consumers[number].lapse()
        }
        guard case .open(let session) = phase, session.channels.indices.contains(number) else { return }
        for queue in shared.withLock({ $0.consumers[number].queues }) { subscribe(to: queue, consumer: number, on: session) }
    }

    /// Consumes a queue over a channel that is open, with a new tag.
    private func subscribe(to queue: String, consumer number: Int, on session: ConnectionSession) {
        let (tag, channel) = (consumerTag(), session.channels[number].channel)
        session.channels[number].tags[tag] = queue
        session.encoder.prefetch(shared.withLock { $0.consumers[number].prefetch(of: queue) }, channel: channel)
        session.encoder.consume(queue, consumerTag: tag, channel: channel)
    }

    /// Replaces a consumer's subscriptions to some of its queues by ones with another prefetch.
    func set(prefetch: UInt16, of queues: [String], consumer number: Int) {
        let count = max(1, prefetch)
        let changed = shared.withLock { shared in
            let changed = queues.filter { shared.consumers[number].prefetch(of: $0) != count }
            for queue in changed { shared.consumers[number].prefetches[queue] = count }
            return changed
        }
        guard case .open(let session) = phase, session.channels.indices.contains(number), !cancelledConsumers.contains(number),
            !pausedConsumers.contains(number)
        else { return }
        let channel = session.channels[number].channel
        for queue in changed {
            // RabbitMQ changes no consumer that is there: the new one first, so that the queue is always consumed.
            let former = session.channels[number].tags.filter { $0.value == queue }.map(\.key)
            subscribe(to: queue, consumer: number, on: session)
            for tag in former { session.encoder.cancel(consumerTag: tag, channel: channel) }
        }
    }
}
