import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@testable import LocalGrid

@Suite(
    "Two dispatchers and the lease of a store in PostgreSQL",
    .enabled(if: TestBroker.isThereOrRequired && TestDatabase.isThereOrRequired), .timeLimit(.minutes(5)))
struct LeaseFaultTests {
    private static let standsBy = "another dispatcher has the lease of the store, standing by"

    private func withGrid(_ body: @escaping @Sendable (FaultGrid) async throws -> Void) async throws {
        try await FaultGrid.withDatabase { _, options in try await FaultGrid.run(store: options, body) }
    }

    @Test func `the standby takes over from a killed dispatcher`() async throws {
        try await withGrid { grid in
            let (dispatcher, _) = try await grid.start()
            let port = try LoopbackPort.free(besides: [])
            let standby = grid.launch(.dispatcher, named: "standby", ["--health-port", "\(port)"])
            try await grid.logged("standby", Self.standsBy)
            let before = try await grid.submit((0..<100).map { _ in "sleep 0.05" }, each: 20)
            try await grid.runs.begun(20)
            let health = try await HealthAnswer(port: port)
            #expect(health.status == 200 && health.body.contains("standby"), "\(health.body)")
            #expect(standby.events.count == 0)
            let killed = try await dispatcher.kill(restarts: false)
            try await standby.ready()
            report("SIGKILL of the active dispatcher with a lease, until the standby serves", .now - killed)
            try await grid.logged("standby", "dispatcher takes over")
            try await grid.settle(before + grid.submit(["after"]))
            #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
            #expect(try await HealthAnswer(port: port).status == 200)
        }
    }

    @Test func `a dispatcher that is stopped in order hands over at once`() async throws {
        try await withGrid { grid in
            let (dispatcher, _) = try await grid.start()
            let standby = grid.launch(.dispatcher, named: "standby")
            try await grid.logged("standby", Self.standsBy)
            let before = try await grid.submit((0..<40).map { _ in "sleep 0.05" }, each: 10)
            try await grid.runs.begun(8)
            let began = ContinuousClock.now
            let stop = try await dispatcher.stop()
            #expect(stop.ending == .exited(code: 0))
            try await standby.ready()
            report("SIGTERM of the active dispatcher with a lease, until the standby serves", .now - began)
            try await grid.settle(before + grid.submit(["after"]))
            #expect(grid.runs.attempts.values.allSatisfy { $0.count == 1 })
        }
    }

    /// The broker holds the lock for the silent one for two of its heartbeats of 10 s at least; the standby waits for two of its own.
    @Test func `the standby takes over from a silent dispatcher whose lock is still held, and nothing ends twice when that one goes on`()
        async throws
    {
        try await withGrid { grid in
            let active = grid.launch(.dispatcher)
            try await active.ready()
            var url = try #require(URLComponents(string: grid.broker))
            url.queryItems = [URLQueryItem(name: "heartbeat", value: "2")]
            let port = try LoopbackPort.free(besides: [])
            let standby = grid.launch(.dispatcher, named: "standby", ["--health-port", "\(port)"], broker: url.string)
            try await grid.launchWorker().ready()
            try await grid.knows(FaultGrid.fault)
            try await grid.logged("standby", Self.standsBy)
            let payloads = (0..<60).map { $0 % 3 == 0 ? "fail-first" : "sleep 0.1" }
            let before = try await grid.submit(payloads, each: 10)
            try await grid.runs.begun(8)

            try active.signal(SIGSTOP)
            let silent = ContinuousClock.now
            try await standby.ready()
            report("active dispatcher with a lease silent, until the standby serves", .now - silent)
            try await grid.logged("standby", "going on without it")
            let health = try await HealthAnswer(port: port)
            #expect(health.status == 503 && health.body.contains("another connection holds the lock of this grid"), "\(health.body)")
            #expect(active.isStopped)
            // The broker gives some of it to the silent one.
            async let during = grid.submit(payloads, each: 10)

            try active.signal(SIGCONT)
            try await grid.logged("dispatcher", "dispatcher is no longer the active one, standing by")
            let settled = try await before + during
            let first = try await grid.settle(settled, repeats: true)
            try await grid.logged("standby", "dispatcher has the lock of this grid again")
            try await grid.until { try await HealthAnswer(port: port).status == 200 }
            #expect(first.values.allSatisfy { $0.state == .succeeded })

            // It stands by now, and is active again with what it reads then.
            try await standby.kill(restarts: false)
            let endings = try await grid.settle(settled + grid.submit(payloads, each: 10), heard: first, repeats: true)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(active.endings.isEmpty)
            for (id, attempts) in grid.runs.attempts {
                #expect(Set(attempts).count == attempts.count, "task \(id) ran as \(attempts)")
            }
        }
    }

    @Test func `the standby takes over from a dispatcher that has lost the broker, and that one stands by when it finds it again`()
        async throws
    {
        try await withGrid { grid in
            var url = try #require(URLComponents(string: grid.broker))
            let proxy = try Proxy(port: try #require(url.port))
            defer { proxy.stop() }
            url.port = proxy.port
            let active = grid.launch(.dispatcher, broker: url.string)
            try await active.ready()
            let standby = grid.launch(.dispatcher, named: "standby")
            try await grid.launchWorker().ready()
            try await grid.knows(FaultGrid.fault)
            try await grid.logged("standby", Self.standsBy)
            let payloads = (0..<60).map { $0 % 3 == 0 ? "fail-first" : "sleep 0.1" }
            let before = try await grid.submit(payloads, each: 10)
            try await grid.runs.begun(8)
            proxy.refuse()
            let lost = ContinuousClock.now
            proxy.cut()
            try await standby.ready()
            report("active dispatcher with a lease without the broker, until the standby serves", .now - lost)
            proxy.accept()
            try await grid.logged("dispatcher", "dispatcher is no longer the active one, standing by")
            let endings = try await grid.settle(before + grid.submit(payloads, each: 10), repeats: true)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(active.endings.isEmpty)
            for (id, attempts) in grid.runs.attempts {
                #expect(Set(attempts).count == attempts.count, "task \(id) ran as \(attempts)")
            }
        }
    }
}
