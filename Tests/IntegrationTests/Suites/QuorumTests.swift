import AMQP
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("A grid on quorum queues", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct QuorumTests {
    @Test func `a grid on quorum queues accepts, runs, retries and ends tasks`() async throws {
        let type = TaskType(literal: "echo")
        try await Grid.run(.quorum) { grid in
            let runs = Journal<RecordedRun>()
            let worker = runs.worker(type) { text, context in
                // By its runs, because a number may go to a hand-out that the new queue does not take.
                guard text != "7" || runs.attempts[context.id]?.count == 2 else { throw TaskError(.failed, "not yet") }
                return text
            }
            _ = try await grid.startWorkers([worker])
            let texts = (0..<100).map(String.init)
            let first = try await grid.client.run(type, payloads: texts.payloads, within: .seconds(100))
            #expect(first.map(\.result.text) == texts)
            try await grid.stopDispatcher()
            try await grid.startDispatcher()
            let second = try await grid.client.run(type, payloads: texts.payloads, within: .seconds(100))
            #expect(second.map(\.result.text) == texts)
            #expect(runs.attempts.count == 200)
            #expect(runs.entries.count == 202)

            // The queues are what they are meant to be: the broker refuses to take them for classic ones.
            for queue in [grid.topology.submitQueue, grid.topology.resultsQueue, grid.topology.workQueue(type)] {
                let error = await #expect(throws: AMQPError.self) {
                    try await grid.probe.connection.declare(Declarations(queues: [.shared(queue.name, kind: .classic)]))
                }
                #expect(error?.code == .preconditionFailed)
            }
        }
    }
    @Test func `a classic work queue in a grid of quorum queues is bound again after it was unbound`() async throws {
        let type = TaskType(literal: "echo")
        try await Grid.run(.quorum) { grid in
            // As a worker has declared it that was not told of the new kind.
            let classic = Topology(prefix: grid.topology.prefix).work(type)
            try await grid.administrator { try await $0.declare(classic) }
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            for text in ["a", "b"] {
                #expect(try await grid.client.run(type, payloads: [text].payloads, within: .seconds(60)).map(\.result.text) == [text])
                try await grid.administrator { administrator in
                    for binding in classic.bindings { try await administrator.unbind(binding) }
                }
            }
            #expect(try await grid.client.run(type, payloads: ["c"].payloads, within: .seconds(60)).map(\.result.text) == ["c"])
            #expect(grid.logs.entries.count { $0.message == "work queue cannot be declared, it is used as it is" } == 1)
        }
    }
}
