import AMQP
import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// What a person can do in the RabbitMQ admin.
@Suite("Work queues purged and deleted", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct QueueFaultTests {
    enum Fault: String, CaseIterable, Sendable { case purged, deleted }

    @Test(arguments: Fault.allCases, [Queue.Kind.classic, .quorum])
    func tasksThatWaitInTheQueueAreHandedOutAnew(_ fault: Fault, _ queues: Queue.Kind) async throws {
        try await FaultGrid.run(queues: queues) { grid in
            let (_, worker) = try await grid.start(concurrency: 1)
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit([hold.payload] + (1..<40).map(String.init), each: 40)
            try await grid.runs.begun(1)
            let queue = grid.topology.workQueue(FaultGrid.fault).name
            try await grid.until { try await grid.ear.connection.depth(of: queue).messages > 0 }
            let lost: Int
            let began = ContinuousClock.now
            switch fault {
            case .purged:
                lost = try await grid.ear.connection.purge(queue: queue)
            case .deleted:
                lost = try await grid.ear.connection.depth(of: queue).messages
                try await grid.ear.connection.delete(queue: queue)
            }
            hold.release()
            #expect(lost > 0, "nothing waited in the queue")
            let endings = try await grid.settle(submitted)
            report("\(queues.rawValue) queues: work queue \(fault.rawValue) with \(lost) tasks in it, until all have ended", .now - began)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(worker.endings.isEmpty)
            // None of what was not lost ran twice.
            #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func aDispatcherThatDiesAsItFindsTheLossFindsItAgain() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start(dispatcher: (.lossFound, 1), concurrency: 1)
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit([hold.payload] + (1..<40).map(String.init), each: 40)
            try await grid.runs.begun(1)
            let queue = grid.topology.workQueue(FaultGrid.fault).name
            try await grid.until { try await grid.ear.connection.depth(of: queue).messages > 0 }
            let began = ContinuousClock.now
            let lost = try await grid.ear.connection.purge(queue: queue)
            hold.release()
            #expect(lost > 0, "nothing waited in the queue")
            try await grid.settle(submitted)
            #expect(dispatcher.endings == [.signalled(SIGKILL)])
            report("SIGKILL at \(Failpoint.lossFound.rawValue), from the purge until all has ended", .now - began)
        }
    }

    /// Results that were on their way are gone: their tasks run again, and end once.
    @Test func resultsPurgedWhileTheDispatcherIsAway() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit(Array(repeating: hold.payload, count: 8), each: 8)
            try await grid.runs.begun(4)
            try await dispatcher.kill(restarts: false)
            hold.release()
            let ended = try await grid.runs.ended(8)
            #expect(ended.count == 8)
            // What ends together may travel in one message.
            try await grid.until { try await grid.ear.connection.depth(of: grid.topology.resultsQueue.name).messages > 0 }
            let lost = try await grid.ear.connection.purge(queue: grid.topology.resultsQueue.name)
            let began = ContinuousClock.now
            try await grid.launch(.dispatcher, named: "again").ready()
            let endings = try await grid.settle(submitted)
            report("results queue purged with \(lost) messages in it, until all have ended", .now - began)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
        }
    }
}
