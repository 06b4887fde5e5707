import AMQP
import BuiltinWorkers
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("The monitor beside a grid that works", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct MonitorRestartTests {
    @Test func `the monitor shows counters that balance, and learns them again after a restart`() async throws {
        try await Grid.run { grid in
            let (first, port) = try await grid.startMonitor()
            try await grid.until { (try await port.get("healthz", as: MonitorPort.Health.self)).status == 200 }
            let health = try await port.get("healthz", as: MonitorPort.Health.self).report
            #expect(health.healthy)
            #expect(health.reasons.isEmpty)

            let (upper, sum) = (Upper(), Sum())
            let (_, worker) = try await grid.startWorkers([upper, sum])
            _ = try await grid.client.run(upper.type, payloads: (0..<100).map(String.init).payloads, within: .seconds(60))
            _ = try await grid.client.run(sum.type, payloads: ["[1]", "no"].payloads, within: .seconds(60))
            _ = try await grid.client.submit(
                sum.type, payloads: ["[2]"].payloads, options: TaskOptions(TaskSettings(delay: .seconds(3600))))

            try await grid.until { try await isWhole(port) }
            let statistics = try await port.get("stats", as: MonitorPort.Statistics.self).report
            #expect(statistics.tasks.submitted == 103)
            #expect(statistics.tasks.failed == 1)
            #expect(statistics.tasks.scheduled == 1)
            #expect(statistics.tasks.balances)
            #expect(statistics.activeWorkers == 1)
            #expect(statistics.types.keys.sorted() == ["sum", "upper"])
            #expect(statistics.types["upper"]?.tasks.succeeded == 100)
            #expect(statistics.types["upper"]?.activeWorkers == 1)
            #expect(statistics.types["sum"]?.pendingTasks == 1)
            #expect(statistics.types.values.allSatisfy { $0.tasks.balances })

            let workers = try await port.get("workers", as: MonitorPort.Workers.self).report
            #expect(workers.activeWorkers == 1)
            #expect(workers.workers[worker]?.state == "alive")
            #expect(workers.workers[worker]?.types == ["sum", "upper"])
            #expect(workers.workers[worker]?.succeededSinceMonitorStart == 101)

            let queues = try await port.get("queues", as: MonitorPort.Queues.self).report.queues
            #expect(queues[grid.topology.workQueue(upper.type).name]?.messages == 0)
            #expect(queues[grid.topology.workQueue(upper.type).name]?.consumers == 1)
            #expect(queues[grid.topology.submitQueue.name]?.consumers == 1)
            #expect(queues[grid.topology.deadQueue.name]?.messages == 0)

            try await first.stop()
            let again = try await monitorThatAsked(grid)
            let fresh = try await again.get("stats", as: MonitorPort.Statistics.self).report
            #expect(fresh.tasks == statistics.tasks)
            #expect(fresh.store == statistics.store)
            #expect(fresh.activeWorkers == 1)
        }
    }

    /// A fresh monitor that knows the counters before the dispatcher has told of them, which it does each five seconds: starts
    /// another one where that happened to come first.
    private func monitorThatAsked(_ grid: Grid) async throws -> MonitorPort {
        while true {
            let before = grid.probe.heard.count
            let (monitor, port) = try await grid.startMonitor()
            try await grid.until { try await isWhole(port) }
            if !grid.probe.heard.entries.dropFirst(before).contains(where: { $0.routingKey.hasPrefix("task.") }) { return port }
            try await monitor.stop()
        }
    }

    private func isWhole(_ port: MonitorPort) async throws -> Bool {
        let report = try await port.get("stats", as: MonitorPort.Statistics.self).report
        let ended = report.tasks.succeeded + report.tasks.failed
        return ended == 102 && report.tasks.submitted == 103 && report.activeWorkers == 1
    }
}
