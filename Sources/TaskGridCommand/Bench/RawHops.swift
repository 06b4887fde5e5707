import AMQP
import Foundation
import Logging
import TaskGridCore

/// The way of a task through the broker without the grid: a message each, published with confirms to a durable queue,
/// consumed there, published on, and acknowledged when that is confirmed, over the four hops that a task makes (submission,
/// work, result, reply). Nothing is decided, stored or batched: what is left is what the broker and the wire cost.
struct RawHops {
    static let hops = 4
    /// Messages that are published together and awaited together, as `librabbitmq`'s users do it.
    static let window = 500

    let endpoint: Endpoint
    let topology: Topology
    let logger: Logger

    func run(_ count: Int, size: Int, _ progress: ProgressBar) async throws -> Measurement {
        // No type has a dot, so that these are nobody's keys.
        let exchange = topology.work
        let run = UUID().uuidString.lowercased()
        let queues = (0..<Self.hops).map { Queue.shared("\(topology.prefix).bench.\(run).\($0)", kind: topology.queueKind) }
        let declarations = Declarations(
            exchanges: [exchange], queues: queues, bindings: queues.map { Binding(exchange: exchange.name, queue: $0.name, key: $0.name) }
        )
        let publishers = (0..<Self.hops).map {
            Connection(endpoint, name: "bench publish \($0)", clientProperties: .grid, declarations: declarations, logger: logger)
        }
        let consuming = queues.map {
            Connection(endpoint, name: "bench consume \($0.name)", clientProperties: .grid, declarations: declarations, logger: logger)
        }
        let consumers = zip(consuming, queues).map { $0.consumer(queues: [$1.name], prefetch: Self.window) }
        for connection in publishers + consuming { try await connection.start(patience: .seconds(5)) }
        defer { progress.clear() }
        let body = Data(repeating: UInt8(ascii: "x"), count: size)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for first in stride(from: 0, to: count, by: Self.window) {
                    let batch = (first..<min(count, first + Self.window)).map {
                        message($0, body: body, to: exchange, routedTo: queues[0])
                    }
                    _ = try await publishers[0].publish(batch, within: .seconds(30))
                }
            }
            for hop in 0..<Self.hops {
                group.addTask {
                    var done = 0
                    while done < count, let deliveries = await consumers[hop].next() {
                        if hop + 1 < Self.hops {
                            let next = deliveries.map {
                                Publication(exchange: exchange.name, routingKey: queues[hop + 1].name, message: $0.message)
                            }
                            _ = try await publishers[hop + 1].publish(next, within: .seconds(30))
                        } else {
                            progress.advance(by: deliveries.count, share: Double(deliveries.count) / Double(count))
                        }
                        if let last = deliveries.last { await consumers[hop].ack(upTo: last.tag) }
                        done += deliveries.count
                    }
                }
            }
            try await group.waitForAll()
        }
        var measurement = Measurement()
        measurement.tasks = count
        measurement.seconds = start.duration(to: .now) / .seconds(1)
        for connection in consuming { await connection.close() }
        for queue in queues { try await publishers[0].delete(queue: queue.name) }
        for connection in publishers { await connection.close() }
        return measurement
    }

    private func message(_ number: Int, body: Data, to exchange: Exchange, routedTo queue: Queue) -> Publication {
        Publication(
            exchange: exchange.name, routingKey: queue.name,
            message: Message(properties: BasicProperties(isPersistent: true, messageID: "\(number)"), body: body)
        )
    }
}
