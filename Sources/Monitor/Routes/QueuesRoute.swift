import AMQP
import HTTPTypes
import TaskGridCore
import WebSupport

extension Route {
    static func queues(_ grid: GridState, _ depths: QueueDepths) -> Route {
        .get(
            "/queues", id: "queues", summary: "Depth and consumers of each queue, and the broker's alarms.",
            problems: [503: "The broker cannot be asked."]
        ) { _ -> QueuesReport in
            do {
                var report = try await depths.report()
                report.broker = grid.current.broker
                return report
            } catch let error as AMQPError {
                throw Problem(status: .serviceUnavailable, detail: "the broker cannot be asked: \(error)")
            }
        }
    }
}

/// The answer of `/queues`: each queue under its name.
struct QueuesReport: WebReport {
    struct Entry: Encodable, Sendable {
        /// False where the broker knows no such queue: nobody has declared it yet. Then the numbers are null.
        var exists: Bool
        /// Messages ready for delivery; those that a consumer holds unacknowledged do not count.
        @Nullable var messages: Int?
        @Nullable var consumers: Int?

        init(_ depth: QueueDepth?) {
            exists = depth != nil
            messages = depth?.messages
            consumers = depth?.consumers
        }
    }

    static let schema = JSONSchema.object([
        "queues": .map(of: .object(["exists": .boolean, "messages": .integer.nullable, "consumers": .integer.nullable])),
        "cut": .boolean, "broker": BrokerReport.schema,
    ]).named("Queues")

    var queues: [String: Entry]
    /// Whether there are more queues of types than are looked at.
    var isCut: Bool
    /// The monitor's connections to the broker.
    var broker = BrokerReport.unknown

    enum CodingKeys: String, CodingKey {
        case queues, broker
        case isCut = "cut"
    }
}
