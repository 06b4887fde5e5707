import AMQP
import Foundation
import Logging
import ServiceSupport
import TaskGridCore
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Work queues on a broker", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct WorkQueuesTests {
    private let type = TaskType.reverse
    private let topology = Topology(prefix: "test-\(UUID().uuidString.prefix(12).lowercased())", queueKind: .quorum)
    private let vitals = Vitals()
    private let log = Journal<LogLine>()

    private var reasons: [String] { vitals.report(service: "dispatcher", id: "1").reasons }

    /// Runs `body` with work queues over a connection, and removes what is there then.
    private func withWorkQueues(_ body: (inout WorkQueues, Connection) async throws -> Void) async throws {
        vitals.enter(.serving)
        try await TestBroker.withConnection { connection in
            try await connection.declare(topology.common)
            var queues = WorkQueues(Publisher(connection: connection, topology: topology, logger: Logger(into: log)), vitals: vitals)
            try await body(&queues, connection)
            try await connection.delete(queue: topology.workQueue(type).name)
            for exchange in topology.exchanges { try await connection.delete(exchange: exchange.name) }
        }
    }

    @Test func `a queue of another kind is used as it is, and bound each time, which is told once a minute`() async throws {
        try await withWorkQueues { queues, connection in
            let classic = Topology(prefix: topology.prefix).workQueue(type)
            try await connection.declare(Declarations(queues: [classic]))
            let message = Message(properties: BasicProperties(messageID: "1"))
            let task = Publication(exchange: topology.work.name, routingKey: type.name, message: message, isMandatory: true)
            for wasLost in [false, true, true] {
                await queues.declare(type, wasLost: wasLost)
                #expect(try await connection.publish([task]) == [.confirmed])
                for binding in topology.work(type).bindings { try await connection.unbind(binding) }
            }
            #expect(
                log.entries.map(\.message) == [
                    "work queue cannot be declared, it is used as it is", "work queue was deleted or unbound, tasks reach it again",
                ])
            #expect(reasons.isEmpty)
        }
    }

    @Test func `a type whose tasks reach no queue makes its dispatcher unhealthy until they do`() async throws {
        try await withWorkQueues { queues, _ in
            try await TestBroker.withConnection { other in
                // Nobody else can use it.
                try await other.declare(Declarations(queues: [.exclusive(topology.workQueue(type).name)]))
                await queues.declare(type)
                #expect(reasons.isEmpty, "tasks may reach it all the same")
                for _ in 0..<2 { await queues.declare(type, wasLost: true) }
                #expect(reasons.count == 1)
                #expect(reasons.first?.hasPrefix("tasks of type 'reverse' reach no queue and wait: work queue") == true, "\(reasons)")
                #expect(log.entries.map(\.message) == ["work queue cannot be declared or bound"])
            }
            while !reasons.isEmpty { await queues.declare(type, wasLost: true) }
            #expect(log.entries.last?.message == "work queue was deleted or unbound, tasks reach it again")
        }
    }
}
