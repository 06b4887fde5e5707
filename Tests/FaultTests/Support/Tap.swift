import AMQP
import Foundation
import TaskGridCore
import TestSupport

/// Hears what goes through exchanges of a grid, so that a test can say it again.
struct Tap: Sendable {
    let heard = Journal<Delivery>()
    private let connection: Connection
    private let consumer: Consumer

    init(_ grid: FaultGrid, _ exchanges: [Exchange], key: String) throws {
        let queue = grid.topology.listenerQueue("tap", UUID().uuidString)
        connection = Connection(
            try Endpoint(url: grid.broker), name: "tap",
            declarations: grid.topology.common
                + Declarations(
                    queues: [queue], bindings: exchanges.map { Binding(exchange: $0.name, queue: queue.name, key: key) }
                ),
            logger: grid.logger
        )
        consumer = connection.consumer(queues: [queue.name], prefetch: 100)
    }

    /// Listens while `body` runs.
    func during(_ body: () async throws -> Void) async throws {
        try await connection.start(patience: .seconds(30))
        try await withThrowingTaskGroup { group in
            group.addTask {
                while let deliveries = await consumer.next() {
                    for delivery in deliveries { heard.add(delivery) }
                    if let last = deliveries.last { await consumer.ack(upTo: last.tag) }
                }
            }
            do {
                try await body()
                await connection.close()
            } catch {
                await connection.close()
                throw error
            }
            try await group.waitForAll()
        }
    }

    /// Waits until what went through an exchange about tasks is as wanted, and gives it.
    func messages(_ exchange: Exchange, until isAsWanted: ([Message]) throws -> Bool) async throws -> [Message] {
        while true {
            let entries = heard.entries
            let messages = entries.filter { $0.exchange == exchange.name }.map(\.message)
                .filter { $0.properties.messageID != TaskID.marker.description }
            if try isAsWanted(messages) { return messages }
            try await heard.wait(beyond: entries.count)
        }
    }
}
