import AMQP
import Foundation
import LocalGrid
import ServiceSupport
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

/// Actions that a person can take in the RabbitMQ admin.
@Suite("Work queues purged and deleted", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct QueueFaultTests {
    enum Fault: String, CaseIterable, Sendable { case purged, deleted }

    @Test(arguments: Fault.allCases, [Queue.Kind.classic, .quorum])
    func `tasks in a work queue that is purged or deleted are handed out again`(_ fault: Fault, _ queues: Queue.Kind) async throws {
        try await FaultGrid.run(queues: queues) { grid in
            let (_, worker) = try await grid.start(concurrency: 1)
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit([hold.payload] + (1..<40).map(String.init), each: 40)
            try await grid.runs.begun(1)
            let queue = grid.topology.workQueue(FaultGrid.fault).name
            try await grid.until { try await grid.probe.connection.depth(of: queue).messages > 0 }
            let lost: Int
            let began = ContinuousClock.now
            switch fault {
            case .purged:
                lost = try await grid.probe.connection.purge(queue: queue)
            case .deleted:
                lost = try await grid.probe.connection.depth(of: queue).messages
                try await grid.probe.connection.delete(queue: queue)
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

    @Test func `a dispatcher killed as it finds a loss finds it again`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start(dispatcher: (.lossFound, 1), concurrency: 1)
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit([hold.payload] + (1..<40).map(String.init), each: 40)
            try await grid.runs.begun(1)
            let queue = grid.topology.workQueue(FaultGrid.fault).name
            try await grid.until { try await grid.probe.connection.depth(of: queue).messages > 0 }
            let began = ContinuousClock.now
            let lost = try await grid.probe.connection.purge(queue: queue)
            hold.release()
            #expect(lost > 0, "nothing waited in the queue")
            try await grid.settle(submitted)
            #expect(dispatcher.endings == [.signalled(SIGKILL)])
            report("SIGKILL at \(Failpoint.lossFound.rawValue), from the purge until all has ended", .now - began)
        }
    }

    /// Results that were on their way are gone: their tasks run again, and end once.
    @Test func `tasks whose results are purged run again and end once`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let hold = try Hold(at: grid.file("hold"))
            let submitted = try await grid.submit(Array(repeating: hold.payload, count: 8), each: 8)
            try await grid.runs.begun(4)
            try await dispatcher.kill(restarts: false)
            hold.release()
            let ended = try await grid.runs.ended(8)
            #expect(ended.count == 8)
            // Results that end together may travel in one message.
            try await grid.until { try await grid.probe.connection.depth(of: grid.topology.resultsQueue.name).messages > 0 }
            let lost = try await grid.probe.connection.purge(queue: grid.topology.resultsQueue.name)
            let began = ContinuousClock.now
            try await grid.launch(.dispatcher, named: "again").ready()
            let endings = try await grid.settle(submitted)
            report("results queue purged with \(lost) messages in it, until all have ended", .now - began)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
        }
    }

    /// A policy bounds the queue to two messages and has it refuse more.
    @Test func `a full work queue drains as fast as its workers run, and costs no task an attempt`() async throws {
        try await Turnstile.shared.pass(alone: true) {
            try await FaultBroker.run { broker, _ in
                let policy = #"{"max-length":2,"overflow":"reject-publish"}"#
                try await broker.control("set_policy", "full", "[.]work[.]", policy, "--apply-to", "queues")
                try await FaultGrid.run(broker: broker.url, isAdmitted: true) { grid in
                    let (dispatcher, worker) = try await grid.start(concurrency: 8)
                    let began = ContinuousClock.now
                    let submitted = try await grid.submit(Array(repeating: "sleep 0.1", count: 200), each: 200)
                    let endings = try await grid.settle(submitted)
                    report("a work queue of two messages, 200 tasks of 100 ms over 8 slots", .now - began)
                    #expect(endings.values.allSatisfy { $0.state == .succeeded })
                    #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
                    // Few are handed out in vain.
                    let handedOut = endings.values.map(\.attempt)
                    #expect(handedOut.reduce(0, +) < 2 * submitted.flatMap(\.ids).count, "\(handedOut)")
                    for id in submitted.flatMap(\.ids) {
                        let record = try await grid.client.status(id)
                        #expect(record.attempts.allSatisfy { $0.outcome == .succeeded }, "\(record.attempts)")
                    }
                    try await grid.logged("dispatcher", "work queue refuses tasks")
                    let log = try String(contentsOfFile: grid.file("dispatcher.log"), encoding: .utf8)
                    #expect(!log.contains("dropped") && !log.contains("lost"))
                    #expect(dispatcher.endings.isEmpty && worker.endings.isEmpty)
                }
            }
        }
    }
}
