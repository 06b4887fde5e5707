import AMQP
import Foundation
import Logging
import TaskGridCore
import TestSupport

/// A client that knows nothing but AMQP and the names on the wire, as one in another language would be written.
struct PlainClient: Sendable {
    let id: String
    private let prefix: String
    private let connection: Connection
    private let consumer: Consumer

    init(_ grid: Grid) {
        id = "plain-\(UUID().uuidString.lowercased())".owned(by: grid.endpoint.user)
        prefix = grid.topology.prefix
        let queue = Queue.exclusive("\(prefix).reply.\(id)")
        let declarations = Declarations(
            queues: [queue], bindings: [Binding(exchange: "\(prefix).reply", queue: queue.name, key: id)]
        )
        connection = Connection(
            grid.endpoint, name: id, declarations: declarations, logger: Logger(into: grid.logs)
        )
        consumer = connection.consumer(queues: [queue.name], prefetch: 10)
    }

    /// Connects, collects replies into the journal while `body` runs, and closes.
    func run(_ body: (Journal<Message>) async throws -> Void) async throws {
        try await connection.start(patience: .seconds(30))
        let replies = Journal<Message>()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while let deliveries = await consumer.next() {
                        for delivery in deliveries { replies.add(delivery.message) }
                        if let last = deliveries.last { await consumer.ack(upTo: last.tag) }
                    }
                }
                try await body(replies)
                group.cancelAll()
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    func submit(_ message: Message, key: String) async throws {
        _ = try await connection.publish([Publication(exchange: "\(prefix).submit", routingKey: key, message: message)])
    }
}
