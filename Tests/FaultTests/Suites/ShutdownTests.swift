import AMQP
import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Services told to stop", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct ShutdownTests {
    @Test func `a worker under load drains, and nothing runs twice`() async throws {
        try await FaultGrid.run { grid in
            let (_, worker) = try await grid.start()
            try await grid.launchWorker(named: "other").ready()
            let submitted = try await grid.submit((0..<200).map { _ in "sleep 0.05" }, each: 50)
            try await grid.runs.begun(40)
            let stop = try await worker.stop()
            report("SIGTERM of a worker under load, until it has drained", stop.took)
            #expect(stop.ending == .exited(code: 0))
            try await grid.settle(submitted)
            #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func `a dispatcher under load drains, and nothing runs twice`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let submitted = try await grid.submit((0..<200).map { _ in "sleep 0.05" }, each: 50)
            try await grid.runs.begun(40)
            let stop = try await dispatcher.stop()
            report("SIGTERM of the dispatcher under load, until it has drained", stop.took)
            #expect(stop.ending == .exited(code: 0))
            #expect(stop.took < .seconds(20))
            try await grid.launch(.dispatcher, named: "again").ready()
            try await grid.settle(submitted)
            #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func `nameservice, monitor and the worker command end with code 0`() async throws {
        try await FaultGrid.run { grid in
            let nameservice = grid.launch(.nameservice)
            let monitor = grid.launch(.monitor)
            try await grid.launch(.dispatcher).ready()
            let worker = grid.launch(.worker, ["wait", "--concurrency", "4"])
            for service in [nameservice, monitor, worker] { try await service.ready() }
            let wait = TaskType(literal: "wait")
            try await grid.knows(wait)
            let submitted = try await grid.submit((0..<12).map { _ in "1.5" }, each: 12, type: wait)
            try await grid.probe.heard.first { delivery in
                (try? RegistryMessage.decode(delivery.message)).flatMap { $0.1.running.isEmpty ? nil : () }
            }
            for (service, deadline) in [(worker, 30), (nameservice, 10), (monitor, 10)] {
                let stop = try await service.stop()
                report("SIGTERM of the \(service.name), until it has drained", stop.took)
                #expect(stop.ending == .exited(code: 0), "\(service.name)")
                #expect(stop.took < .seconds(deadline), "\(service.name)")
            }
            try await grid.launch(.worker, named: "again", ["wait"]).ready()
            try await grid.settle(submitted)
        }
    }

    @Test func `a second signal ends a worker at once`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.dispatcher).ready()
            let worker = grid.launch(.worker, ["wait"])
            try await worker.ready()
            let wait = TaskType(literal: "wait")
            try await grid.knows(wait)
            let submitted = try await grid.submit(["600"], type: wait)
            try await grid.until { try await grid.counters().running == 1 }
            try worker.signal(SIGTERM)
            // Its heartbeat says at once that it drains.
            try await grid.probe.heard.first { delivery in
                (try? RegistryMessage.decode(delivery.message))?.1.draining == true ? () : nil
            }
            #expect(worker.endings.isEmpty)
            let stop = try await worker.stop()
            report("second signal, until the worker is gone", stop.took)
            #expect(stop.ending == .exited(code: 128 + SIGTERM))
            #expect(stop.took < .seconds(2))
            try await grid.launch(.worker, named: "again", ["wait"]).ready()
            _ = try await grid.client.cancel(submitted.flatMap(\.ids))
            try await grid.settle(submitted)
        }
    }

    /// A broker that does not answer holds them up.
    @Test(arguments: [GridConfiguration.Role.dispatcher, .nameservice, .monitor])
    func `a second signal ends each service at once`(_ role: GridConfiguration.Role) async throws {
        try await FaultGrid.run { grid in
            let proxy = try Proxy(port: try #require(URLComponents(string: grid.broker)?.port))
            defer { proxy.stop() }
            var url = try #require(URLComponents(string: grid.broker))
            url.port = proxy.port
            // Its heartbeats tell when to look again.
            try await grid.launchWorker().ready()
            let service = grid.launch(role, broker: url.string)
            try await service.ready()
            proxy.stall()
            try service.signal(SIGTERM)
            try await grid.logged(role.rawValue, "stopping in order")
            #expect(service.endings.isEmpty)
            let stop = try await service.stop()
            report("second signal to the \(role.rawValue), until it is gone", stop.took)
            #expect(stop.ending == .exited(code: 128 + SIGTERM))
        }
    }

    @Test func `the standby takes over from a killed dispatcher`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let standby = grid.launch(.dispatcher, named: "standby")
            let before = try await grid.submit((0..<100).map { _ in "sleep 0.05" }, each: 20)
            try await grid.runs.begun(20)
            #expect(standby.events.count == 0)
            let killed = try await dispatcher.kill(restarts: false)
            try await standby.ready()
            report("SIGKILL of the active dispatcher, until the standby serves", .now - killed)
            try await grid.settle(before + grid.submit(["after"]))
            #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
        }
    }
}
