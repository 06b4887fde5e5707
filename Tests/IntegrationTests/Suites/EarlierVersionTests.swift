import AMQP
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// `Fixtures/schema-4.sqlite` is what the version before this one left: `reverse hello` succeeded (1), a `sum` failed (2),
/// `reverse later` scheduled for a day to come under the key `fixture-scheduled` (3), three `upper` succeeded (4 to 6), and three
/// `hash` waiting (7 to 9) while the type is paused.
@Suite("The remains of the version before this one", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct EarlierVersionTests {
    /// The queues that it declared otherwise, and the one that nobody consumes any more.
    private static func earlier(_ topology: Topology) -> [Queue] {
        [
            .shared(topology.deadQueue.name, kind: .classic, arguments: ["x-max-length": 10_000]),
            .shared(topology.formerRegistryQueue, kind: .classic, arguments: ["x-max-length": 10_000]),
            .shared(topology.rpcQueue(.dispatcher).name, kind: .classic, arguments: ["x-message-ttl": 30_000]),
            .shared(topology.rpcQueue(.nameservice).name, kind: .classic, arguments: ["x-message-ttl": 30_000]),
        ]
    }

    /// The remains of the earlier version: its store, its queues, and messages on their way.
    @Sendable private static func leaveBehind(_ grid: Grid) async throws {
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/schema-4.sqlite")
        try FileManager.default.createDirectory(at: grid.folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: fixture, to: grid.folder.appending(path: "store.sqlite"))
        let topology = grid.topology
        try await grid.administrator { connection in
            let all = topology.dispatcher + topology.nameservice
            let queues = earlier(topology)
            let others = all.queues.filter { queue in !queues.contains { $0.name == queue.name } }
            let registry = Binding(exchange: topology.registry.name, queue: topology.formerRegistryQueue, key: "#")
            try await connection.declare(
                Declarations(exchanges: all.exchanges, queues: queues + others, bindings: all.bindings + [registry]))
            let letters = (0..<3).map { number in
                Publication(exchange: topology.dead.name, routingKey: "", message: Message(body: Data("letter \(number)".utf8)))
            }
            let submission = Submission(
                form: .single, type: TaskType(literal: "reverse"), key: "on-its-way", client: nil, correlation: nil,
                tasks: [Submission.Task(payload: Data("abc".utf8))]
            )
            let onItsWay = Publication(exchange: topology.submit.name, routingKey: "reverse", message: submission.message())
            #expect(try await connection.publish(letters + [onItsWay]).allSatisfy { $0 == .confirmed })
        }
    }

    @Test func `this version starts on its store and its broker, and nothing of them is lost`() async throws {
        try await Grid.run(before: Self.leaveBehind) { grid in
            let topology = grid.topology
            // Declared as of now, with what they held.
            try await grid.administrator { connection in
                try await connection.declare(topology.dispatcher + topology.nameservice)
                #expect(try await connection.depth(of: topology.deadQueue.name).messages == 3)
                let gone = await #expect(throws: AMQPError.self) { try await connection.depth(of: topology.formerRegistryQueue) }
                #expect(gone?.code == .notFound, "it would fill up with heartbeats")
            }
            #expect(try await grid.client.status(1).result == Data("olleh".utf8))
            #expect(try await grid.client.status(2).status == .failed)
            #expect(try await grid.client.status(5).status == .succeeded)
            let hash = TaskType(literal: "hash")
            #expect(try await grid.counters(hash).pending == 3)
            let options = TaskOptions(key: "fixture-scheduled")
            #expect(try await grid.client.submit(TaskType(literal: "reverse"), payload: Data("later".utf8), options: options) == 3)

            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(hash), runs.worker(TaskType(literal: "reverse"))], known: false)
            _ = try await grid.client.resume([hash])
            for id in [7, 8, 9] as [TaskID] {
                #expect(try await grid.client.outcome(of: id, within: .seconds(60)).state == .succeeded)
            }
            try await grid.until { runs.entries.contains { $0.payload == "abc" } }
            #expect(Set(runs.entries.map(\.payload)) == ["1", "2", "3", "abc"])
        }
    }
}
