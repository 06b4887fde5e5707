import AMQP
import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Workers killed under their tasks", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct WorkerDeathTests {
    /// The bound that the grid promises between a worker's death and the new begin of each of its tasks.
    static let bound = Duration.seconds(5)

    @Test(arguments: [Queue.Kind.classic, .quorum])
    func `unfinished tasks run elsewhere within five seconds`(_ queues: Queue.Kind) async throws {
        try await FaultGrid.run(queues: queues, alone: true) { grid in
            let dispatcher = grid.launch(.dispatcher)
            try await dispatcher.ready()
            let doomed = grid.launchWorker(named: "doomed", concurrency: 8, prefetch: 16, restarts: false)
            try await doomed.ready()
            try await grid.knows(FaultGrid.fault)
            let submitted = try await grid.submit(Array(repeating: "hang-first", count: 16), each: 1)
            let held = Set(submitted.flatMap(\.ids))
            let running = Set(try await grid.runs.begun(8).map(\.task))
            #expect(running.count == 8)
            // The heartbeats name all sixteen: eight that run, eight that wait.
            try await grid.until { try await grid.counters().running == 8 }
            let other = grid.launchWorker(named: "other", concurrency: 16, prefetch: 16)
            let process = try await other.ready()

            let killed = try await doomed.kill()
            let endings = try await grid.settle(submitted)
            let begun = grid.runs.begun.filter { $0.process == process }
            // A task in the dead worker's buffer was never begun there; it too goes on as its second attempt.
            #expect(Set(begun.map(\.task)) == held)
            #expect(begun.map(\.attempt) == Array(repeating: 2, count: 16))
            let slowest = try #require(begun.map { $0.at - killed }.max())
            report("\(queues.rawValue) queues: SIGKILL of a worker with 16 tasks, until the last of them runs elsewhere", slowest)
            #expect(slowest < Self.bound)
            #expect(endings.values.allSatisfy { $0.state == .succeeded && $0.attempt == 2 })
        }
    }

    @Test(arguments: [1, 4]) func `a poison task ends alone, and its neighbours are not blamed`(_ count: Int) async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let workers = ["one", "two"].map { grid.launchWorker(named: $0, concurrency: 4, prefetch: 8) }
            for worker in workers { try await worker.ready() }
            try await grid.knows(FaultGrid.fault)
            let began = ContinuousClock.now
            var submitted: [Submitted] = []
            var poison: Set<TaskID> = []
            for _ in 0..<count {
                submitted += try await grid.submit((0..<20).map { _ in "sleep 0.2" }, each: 20)
                submitted += try await grid.submit(["die"])
                poison.formUnion(submitted[submitted.count - 1].ids)
            }
            submitted += try await grid.submit((0..<20).map { _ in "sleep 0.2" }, each: 20)
            let endings = try await grid.settle(submitted)
            report("\(count) tasks that kill their worker three times, among \(20 * count + 20) others, until all have ended", .now - began)

            for id in poison {
                #expect(endings[id]?.state == .failed)
                #expect(endings[id]?.error?.code == .poison)
                // The first of the three deaths may be another's, as it lay in the dead worker's buffer.
                #expect((2...3).contains(grid.runs.attempts[id]?.count ?? 0))
            }
            for (id, ending) in endings where !poison.contains(id) {
                #expect(ending.state == .succeeded, "\(grid.runs.entries.filter { $0.task == id })")
            }
            let deaths = workers.flatMap(\.endings)
            #expect(deaths.allSatisfy { $0 == .signalled(SIGKILL) })
            // Each that died had begun one, or two that were announced together.
            #expect(deaths.count == Set(grid.runs.begun.filter { poison.contains($0.task) }.map(\.process)).count)
        }
    }

    /// Two that die in the same worker, one of them only the first time, are told apart.
    @Test func `only the task that kills its worker is poison`() async throws {
        try await FaultGrid.run { grid in
            _ = try await grid.start()
            let submitted = try await grid.submit(["die-first", "die", "sleep 0.1"], each: 3)
            let endings = try await grid.settle(submitted)
            #expect(submitted[0].ids.map { endings[$0]?.state } == [.succeeded, .failed, .succeeded])
            #expect(endings[submitted[0].ids[1]]?.error?.code == .poison)
        }
    }
}
