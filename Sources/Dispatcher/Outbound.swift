import AMQP
import TaskGridCore

/// What a turn leaves to be published, and what may be acknowledged once the broker has confirmed it.
struct Outbound: Sendable {
    var publications: [Publication] = []
    /// The work among `publications`, by place: which attempts a message carries.
    var work: [Int: (type: TaskType, items: [RegistryMessage.Held])] = [:]
    /// Some of `publications` tell how tasks ended.
    var hasEndings = false
    /// Acknowledges the turn's deliveries.
    var acknowledges: DeliveryTag?

    /// The work that did not reach a queue.
    func undelivered(_ outcomes: [PublishOutcome]) -> [Inbox.Undelivered] {
        work.flatMap { place, work in
            switch outcomes[place] {
            case .confirmed: [Inbox.Undelivered]()
            case .returned: work.items.map { Inbox.Undelivered(type: work.type, held: $0, isUnroutable: true) }
            case .nacked: work.items.map { Inbox.Undelivered(type: work.type, held: $0, isUnroutable: false) }
            }
        }
    }
}
