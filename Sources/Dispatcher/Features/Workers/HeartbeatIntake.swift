import AMQP
import Logging
import ServiceSupport
import TaskGridCore

/// Reads what workers say of themselves, for the next turn.
struct HeartbeatIntake: Sendable {
    let consumer: Consumer
    let inbox: Inbox
    let vitals: Vitals
    let logger: Logger

    func run() async {
        let pulse = vitals.pulse("heartbeats")
        defer { pulse.ends() }
        while let deliveries = await consumer.next() {
            pulse.works()
            var messages: [(RegistryMessage.Kind, RegistryMessage)] = []
            for delivery in deliveries {
                do throws(WireError) {
                    messages.append(try Self.read(delivery))
                } catch {
                    // The nameservice sees the same message and dead-letters it.
                    logger.debug("registry message not readable", metadata: [LogKey.error: "\(error)"])
                }
            }
            let read = messages
            inbox.put(read)
            if let last = deliveries.last { await consumer.ack(upTo: last.tag) }
            pulse.waits()
        }
    }

    /// What a worker says, and by which user.
    static func read(_ delivery: Delivery) throws(WireError) -> (RegistryMessage.Kind, RegistryMessage) {
        var (kind, message) = try RegistryMessage.decode(delivery.message, routingKey: delivery.routingKey)
        message.publisher = try delivery.message.properties.publisher()
        return (kind, message)
    }
}
