import AMQP
import Chaos
import Foundation
import LocalGrid
import Logging
import Synchronization
import TaskGridConfiguration
import TaskGridCore
import TestSupport
import Testing

/// Whether RabbitMQ is installed here, or has to be.
private let isPossible =
    FileManager.default.fileExists(atPath: "/usr/lib/rabbitmq/lib") || ProcessInfo.processInfo.environment["CI"] != nil

/// Real processes: the command's own services, a private broker, and the faults.
@Suite("A chaos run", .enabled(if: isPossible), .serialized, .timeLimit(.minutes(10)))
struct ChaosTests {
    /// The built command, beside the test bundle.
    private static var executable: String {
        URL(fileURLWithPath: GridConfiguration.Services.thisExecutable).deletingLastPathComponent().appending(path: "taskgrid").path
    }

    private func run(
        _ faults: Set<Fault>, for duration: Duration, every: Duration = .seconds(1), nodes: Int = 1, usesTLS: Bool = false,
        usesDatabase: Bool = false, dispatchers: Int = 1,
        plan isWanted: (FaultPlan) -> Bool = { _ in true },
        onEvent: @escaping @Sendable (Chaos, Chaos.Event) -> Void = { _, _ in }
    ) async throws -> (report: ChaosReport, folder: GridFolder) {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString)").path)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        var configuration = ChaosConfiguration(
            seed: .random(in: 0...(.max >> 1)), duration: duration, every: every, faults: faults, rate: 50,
            patience: .seconds(180), queueKind: nodes > 1 ? .quorum : .classic, nodes: nodes, usesDatabase: usesDatabase,
            folder: folder, executable: Self.executable
        )
        configuration.dispatchers = dispatchers
        configuration.rabbitmq = ProcessInfo.processInfo.environment["TASKGRID_RABBITMQ"]
        configuration.usesTLS = usesTLS
        // Of a short run not every seed has all of them.
        while case let plan = configuration.plan, Set(plan.entries.map(\.injection.fault)) != faults || !isWanted(plan) {
            configuration.seed &+= 1
        }
        let chaos = Mutex<Chaos?>(nil)
        let run = Chaos(configuration, logger: .silent) { event in
            if let chaos = chaos.withLock({ $0 }) { onEvent(chaos, event) }
        }
        chaos.withLock { $0 = run }
        defer { chaos.withLock { $0 = nil } }
        return (try await run.run(), folder)
    }

    @Test func `in which workers and the dispatcher are killed loses nothing, and interrupts tasks in earnest`() async throws {
        let injected = Mutex<Set<Fault>>([])
        // It ends when it has done what is expected of it.
        @Sendable func look(_ chaos: Chaos, _ event: Chaos.Event) {
            switch event {
            case .fault(let injection, _, problem: nil): injected.withLock { _ = $0.insert(injection.fault) }
            case .progress(let progress) where progress.accepted >= 300:
                // Only the workers know which kill meets a task that runs.
                guard injected.withLock({ $0.count }) == 2,
                    let executions = try? ExecutionJournal.executions(in: chaos.configuration.journal),
                    executions.values.contains(where: { $0 > 1 })
                else { return }
                chaos.endFaults()
            default: break
            }
        }
        let (report, folder) = try await run([.worker, .dispatcher], for: .seconds(120), onEvent: look)
        let seed: Comment = "seed \(report.seed)"
        #expect(report.violations == [], seed)
        #expect(report.accepted == report.submitted && report.accepted >= 300, seed)
        #expect(report.lost.isEmpty && report.endedTwice.isEmpty && report.wrong.isEmpty, seed)
        #expect(report.counters?.submitted == report.accepted, seed)
        #expect(report.executedMoreThanOnce > 0, seed)
        #expect(Set(report.faults.filter { $0.injected > 0 }.map(\.fault)) == [.worker, .dispatcher], seed)
        #expect(report.faults.allSatisfy { $0.withoutRecovery == 0 && $0.longestRecovery != nil }, seed)
        #expect(!FileManager.default.fileExists(atPath: folder.gridFile))
    }

    @Test func `in which nodes of a cluster are killed and cut from the others loses nothing`() async throws {
        let (report, _) = try await run([.node, .part], for: .seconds(40), every: .seconds(8), nodes: 3)
        let seed: Comment = "seed \(report.seed)"
        #expect(report.violations == [], seed)
        #expect(report.accepted == report.submitted && report.accepted > 0, seed)
        #expect(Set(report.faults.filter { $0.injected > 0 }.map(\.fault)) == [.node, .part], seed)
        #expect(report.faults.allSatisfy { $0.withoutRecovery == 0 && $0.longestRecovery != nil }, seed)
    }

    @Test func `in which all else is killed, cut, stalled, purged and wiped loses nothing`() async throws {
        let faults = Fault.all(nodes: 1).subtracting([.worker, .dispatcher])
        let (report, _) = try await run(faults, for: .seconds(20), every: .seconds(2))
        let seed: Comment = "seed \(report.seed)"
        #expect(report.violations == [], seed)
        #expect(report.accepted == report.submitted, seed)
        // While the broker is away some cannot be injected.
        #expect(Set(report.faults.map(\.fault)) == faults, seed)
        #expect(report.faults.reduce(0) { $0 + $1.injected } >= faults.count / 2, seed)
        #expect(report.faults.allSatisfy { $0.withoutRecovery == 0 }, seed)
    }

    @Test(.enabled(if: TestDatabase.isThereOrRequired))
    func `in which PostgreSQL is killed, frozen and cut off, and one of two dispatchers is killed, loses nothing`() async throws {
        func isWanted(_ plan: FaultPlan) -> Bool {
            var kinds: Set<Int> = []
            for entry in plan.entries {
                switch entry.injection {
                case .database(.kill): kinds.insert(0)
                case .database(.freeze(let time)) where time < .seconds(10): kinds.insert(1)
                case .database(.endSessions), .database(.cut): kinds.insert(2)
                // It would be most of the run.
                case .database(.freeze), .database(.stall(_, for: .seconds(10)...)): return false
                default: break
                }
            }
            return kinds.count == 3
        }
        let (report, folder) = try await run(
            [.database, .dispatcher], for: .seconds(30), every: .seconds(3), usesDatabase: true, dispatchers: 2, plan: isWanted)
        let seed: Comment = "seed \(report.seed)"
        #expect(report.violations == [], seed)
        // While the database is away, submissions are refused.
        #expect(report.accepted + report.refused.count == report.submitted && report.accepted > 0, seed)
        #expect(report.lost.isEmpty && report.endedTwice.isEmpty && report.wrong.isEmpty, seed)
        #expect(Set(report.faults.filter { $0.injected > 0 }.map(\.fault)) == [.database, .dispatcher], seed)
        #expect(report.faults.allSatisfy { $0.withoutRecovery == 0 && $0.longestRecovery != nil }, seed)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test
    func `in which exchanges are deleted and messages are over the broker's limit loses nothing, and only tasks with such results fail`()
        async throws
    {
        let (report, _) = try await run([.exchange, .refuse], for: .seconds(12))
        let seed: Comment = "seed \(report.seed)"
        #expect(report.violations == [], seed)
        #expect(report.accepted == report.submitted, seed)
        #expect(report.failed == report.submitted / 50, seed)
        #expect(Set(report.faults.filter { $0.injected > 0 }.map(\.fault)) == [.exchange, .refuse], seed)
        #expect(report.faults.allSatisfy { $0.withoutRecovery == 0 }, seed)
    }

    @Test func `in which connections over TLS are cut and stalled, and the broker is killed, loses nothing`() async throws {
        let (report, _) = try await run([.cut, .stall, .broker], for: .seconds(15), usesTLS: true)
        let seed: Comment = "seed \(report.seed)"
        #expect(report.violations == [], seed)
        #expect(report.accepted == report.submitted && report.accepted > 0, seed)
        #expect(report.faults.allSatisfy { $0.withoutRecovery == 0 }, seed)
    }

    @Test func `a run whose faults are ended early goes on to its report`() async throws {
        // The second is long enough after the first not to come before the word that ends them.
        func isSlow(_ plan: FaultPlan) -> Bool {
            plan.entries.count > 1 && plan.entries[0].at < .seconds(2) && plan.entries[1].at - plan.entries[0].at > .seconds(40)
        }
        let (report, _) = try await run([.worker], for: .seconds(3600), every: .seconds(20), plan: isSlow) { chaos, event in
            if case .fault = event { chaos.endFaults() }
        }
        #expect(report.violations == [], "seed \(report.seed)")
        #expect(report.faults.map { $0.injected + $0.skipped } == [1])
    }
}
