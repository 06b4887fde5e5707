import AMQP
import BuiltinWorkers
import Foundation
import Synchronization
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("More than one nameservice and monitor", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct SeveralServicesTests {
    @Test func `of two nameservices either may die, and the other knows every worker`() async throws {
        try await Grid.run { grid in
            let first = try #require(grid.nameservice.withLock { $0 })
            let second = try await grid.startNameservice()
            let (_, early) = try await grid.startWorkers([Reverse()])
            // Each tells of it.
            #expect(await grid.told(.joined, of: early, times: 2))
            #expect(try await grid.client.workers().map(\.worker.worker) == [early])

            try await first.kill()
            #expect(try await grid.client.workers().map(\.worker.worker) == [early])
            let (leaving, late) = try await grid.startWorkers([Hash()])
            #expect(await grid.told(.joined, of: late))
            #expect(try await Set(grid.client.workers().map(\.worker.worker)) == [early, late])
            try await leaving.stop()
            #expect(await grid.told(.left, of: late))

            // A new one takes the place of the first, and knows the worker before it answers.
            _ = try await grid.startNameservice()
            try await second.kill()
            #expect(try await grid.client.workers().map(\.worker.worker) == [early])
        }
    }

    @Test func `two monitors beside two nameservices each show every worker once, and all tasks`() async throws {
        try await Grid.run { grid in
            _ = try await grid.startNameservice()
            let ports = [try await grid.startMonitor().1, try await grid.startMonitor().1]
            let upper = Upper()
            let (_, worker) = try await grid.startWorkers([upper])
            _ = try await grid.client.run(upper.type, payloads: (0..<50).map(String.init).payloads, within: .seconds(60))
            for port in ports {
                try await grid.until {
                    let report = try await port.get("stats", as: MonitorPort.Statistics.self).report
                    return report.tasks.succeeded == 50 && report.activeWorkers == 1
                }
                let workers = try await port.get("workers", as: MonitorPort.Workers.self).report.workers
                #expect(workers.keys.sorted() == [worker])
                #expect(workers[worker]?.succeededSinceMonitorStart == 50)
            }
        }
    }
}

extension Grid {
    /// Waits until the nameservices have told so often that a worker joined or left.
    fileprivate func told(_ kind: WorkerEvent.Kind, of worker: String, times: Int = 1) async -> Bool {
        await probe.heard.saw(times) { delivery in
            guard delivery.exchange == topology.events.name, delivery.routingKey == topology.workerEventKey(kind) else { return false }
            return (try? JSON.decode(WorkerEvent.self, delivery.message.body))?.worker.worker == worker
        }
    }
}
