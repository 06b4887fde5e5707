import AMQP
import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Workers whose code does not heed its cancellation", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct UnresponsiveTests {
    @Test func `a worker told to stop ends though its code does not return`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let deaf = grid.launchWorker(named: "deaf", concurrency: 1, drainDeadline: 1)
            try await deaf.ready()
            try await grid.knows(FaultGrid.fault)
            let submitted = try await grid.submit(["deaf-first", "after"], each: 1)
            try await grid.runs.begun(1)
            let stop = try await deaf.stop()
            report("SIGTERM of a worker whose code does not return, with a drain deadline of 1 s, until its process has ended", stop.took)
            #expect(stop.ending == .exited(code: 0))
            let log = try String(contentsOfFile: grid.file("deaf.log"), encoding: .utf8)
            #expect(log.contains { $0.isNewline } && log.contains("task.ids=[\(submitted[0].ids[0])]"))
            try await grid.launchWorker(named: "other").ready()
            try await grid.settle(submitted)
            #expect(grid.runs.attempts[submitted[0].ids[0]] == [1, 2])
        }
    }

    /// Its heartbeats name what waits there, so that nobody else would ever give it to another.
    @Test func `a worker without a free slot gives back its waiting tasks and ends`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let deaf = grid.launchWorker(named: "deaf", concurrency: 1, drainDeadline: 1)
            try await deaf.ready()
            try await grid.knows(FaultGrid.fault)
            let options = TaskOptions(TaskSettings(timeout: .milliseconds(500)), deadline: .seconds(60))
            var submitted = try await grid.submit(["deaf-first"], options: options)
            let began = try await grid.runs.begun(1)[0].at
            submitted += try await grid.submit(["a", "b", "c"], each: 1)
            try await grid.probe.heard.first { delivery in
                (try? RegistryMessage.decode(delivery.message)).flatMap { $0.1.waiting.count >= 3 ? () : nil }
            }
            let other = grid.launchWorker(named: "other")
            try await other.ready()
            let endings = try await grid.settle(submitted)
            report("a worker that has no free slot, with a timeout of 500 ms, until the tasks that waited there have ended", .now - began)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(try await deaf.ended().ending == .exited(code: 1))
        }
    }
}
