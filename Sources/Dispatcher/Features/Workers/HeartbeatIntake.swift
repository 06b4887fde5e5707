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
                    messages.append(try RegistryMessage.decode(delivery.message, routingKey: delivery.routingKey))
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
}
