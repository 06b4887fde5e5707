import AMQP
import Foundation
import Logging
import TaskGridCore
import TestSupport

/// A worker that knows nothing but AMQP and the names on the wire, as one in another language would be written. It does what
/// the test tells it to with what it gets, and says nothing by itself.
struct PlainWorker: Sendable {
    let id: String
    let type: String
    /// The deliveries that it was handed.
    let work = Journal<Delivery>()
    private let prefix: String
    private let connection: Connection
    private let consumer: Consumer

    init(_ grid: Grid, type: TaskType, prefetch: Int = 10) {
        self.type = type.name
        id = "plain-\(UUID().uuidString.lowercased())".owned(by: grid.endpoint.user)
        prefix = grid.topology.prefix
        let queue = Queue.shared("\(prefix).work.\(type)", kind: grid.topology.queueKind)
        // Its own queue, gone with its connection, is how the grid can tell that it lives.
        let control = Queue.exclusive("\(prefix).control.\(id)")
        let declarations = Declarations(
            queues: [queue, control],
            bindings: [
                Binding(exchange: "\(prefix).work", queue: queue.name, key: type.name),
                Binding(exchange: "\(prefix).control", queue: control.name, key: id),
            ]
        )
        connection = Connection(
            grid.endpoint, name: id, declarations: declarations, logger: Logger(into: grid.logs)
        )
        consumer = connection.consumer(queues: [queue.name], prefetch: prefetch)
    }

    /// Connects and collects work while `body` runs, then closes: what was not acknowledged goes back to the queue.
    func run(_ body: (PlainWorker) async throws -> Void) async throws {
        try await connection.start(patience: .seconds(30))
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while let deliveries = await consumer.next() {
                        for delivery in deliveries {
                            // The audit's marker is no task.
                            if delivery.message.properties.messageID == "0" {
                                try await answer(delivery, "returned")
                            } else {
                                work.add(delivery)
                            }
                        }
                    }
                }
                try await body(self)
                group.cancelAll()
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Publishes to the registry: `register`, `heartbeat` or `deregister`.
    func tell(_ what: String, interval: Int = 1000, running: [Delivery] = []) async throws {
        let held = running.map { delivery in
            "[\(delivery.message.properties.messageID ?? ""),\(delivery.message.properties.headers["taskgrid-attempt"]?.integer ?? 0)]"
        }
        let proofs = running.compactMap { $0.message.properties.headers["taskgrid-proof"]?.text.flatMap(ShortDigest.init)?.bytes }
        let body =
            #"{"worker":"\#(id)","types":["\#(type)"],"interval_ms":\#(interval),"running":[\#(held.joined(separator: ","))],"#
            + #""proofs":"\#(Data(proofs.joined()).base64EncodedString())"}"#
        let properties = BasicProperties(contentType: "application/json", type: what, appID: id)
        try await publish("registry", "\(what).\(id)", Message(properties: properties, body: Data(body.utf8)))
    }

    /// Publishes a result for a delivery, and then acknowledges it.
    func answer(_ delivery: Delivery, _ status: String, _ result: String = "", error: String? = nil) async throws {
        let echoed = ["taskgrid-store", "taskgrid-attempt", "taskgrid-proof"]
        var headers = delivery.message.properties.headers.filter { echoed.contains($0.key) }
        headers["taskgrid-status"] = .string(status)
        headers["taskgrid-error"] = error.map { .string($0) }
        let properties = BasicProperties(
            headers: headers, messageID: delivery.message.properties.messageID, type: type, appID: id
        )
        try await publish("results", type, Message(properties: properties, body: Data(result.utf8)))
        await consumer.ack([delivery.tag])
    }

    /// Publishes a result that it makes up, for a task that it was not handed, with the proof of one that it was.
    func claim(_ task: TaskID, attempt: Int = 1, like delivery: Delivery) async throws {
        var headers = delivery.message.properties.headers.filter { $0.key == "taskgrid-store" || $0.key == "taskgrid-proof" }
        headers["taskgrid-attempt"] = .int(Int64(attempt))
        headers["taskgrid-status"] = "succeeded"
        let properties = BasicProperties(headers: headers, messageID: "\(task)", type: type, appID: id)
        try await publish("results", type, Message(properties: properties, body: Data("made up".utf8)))
    }

    private func publish(_ exchange: String, _ key: String, _ message: Message) async throws {
        _ = try await connection.publish([Publication(exchange: "\(prefix).\(exchange)", routingKey: key, message: message)])
    }
}
