import AMQP
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("A type that nobody uses", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct ForgottenTypeTests {
    private let type = TaskType(literal: "echo")

    private func exists(_ queue: Queue, _ grid: Grid) async throws -> Bool {
        do throws(AMQPError) {
            _ = try await grid.probe.connection.depth(of: queue.name)
            return true
        } catch {
            guard error.code == .notFound else { throw error }
            return false
        }
    }

    @Test func `a type is forgotten on request, with its empty work queue, and known again when a worker registers it`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let (worker, _) = try await grid.startWorkers([runs.worker(type)])
            #expect(try await grid.client.forget([type]) == [ForgetOutcome(type: type, outcome: .refused, reason: .workers)])
            try await worker.stop()
            try await grid.until { try await grid.client.forget([type]).map(\.outcome) == [.done] }
            #expect(try await grid.client.counts()[type] == nil)
            #expect(await grid.logs.saw { $0.message == "work queue deleted" })
            #expect(try await !exists(grid.topology.workQueue(type), grid))
            let rejection = await #expect(throws: ClientError.self) { try await grid.client.run(type, payload: Data("a".utf8)) }
            #expect(rejection?.message.contains("echo") == true)

            _ = try await grid.startWorkers([runs.worker(type)])
            // The events of the type from before it was forgotten do not count.
            try await grid.until { try await grid.client.counts()[type] != nil }
            #expect(try await grid.client.run(type, payload: Data("b".utf8)).result == Data("b".utf8))
        }
    }
}
