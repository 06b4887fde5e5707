import Synchronization

extension Connection {
    func ack(_ tags: [DeliveryTag], multiple: Bool, consumer number: Int) {
        guard case .open(let session) = phase, session.channels.indices.contains(number) else { return }
        let channel = session.channels[number]
        for tag in tags where tag.epoch == channel.epoch {
            session.channels[number].held.acknowledge(tag.value, multiple: multiple)
            session.encoder.ack(tag.value, multiple: multiple, channel: channel.channel)
        }
    }

    func cancel(consumer number: Int) {
        guard cancelledConsumers.insert(number).inserted else { return }
        registry.withLock { $0.consumers[number].isWanted = false }
        guard case .open(let session) = phase, session.channels.indices.contains(number),
            !session.channels[number].tags.isEmpty
        else {
            registry.withLock { $0.consumers[number].mailbox }.finish()
            return
        }
        for tag in session.channels[number].tags.keys {
            session.encoder.cancel(consumerTag: tag, channel: session.channels[number].channel)
        }
    }
}
