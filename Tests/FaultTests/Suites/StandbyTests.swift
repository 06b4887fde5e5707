import Foundation
import LocalGrid
import ServiceSupport
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("A dispatcher that loses its lock and lives on", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct StandbyTests {
    /// The connection that owns the lock is lost for a long time, the one that publishes is not.
    @Test func `tasks under way end once though the old dispatcher still publishes`() async throws {
        try await FaultGrid.run { grid in
            let links = Journal<Int>()
            let broker = try #require(URLComponents(string: grid.broker))
            let proxy = try Proxy(port: try #require(broker.port)) { event in
                if case .joined(let number) = event { links.add(number) }
            }
            defer { proxy.stop() }
            var url = broker
            url.port = proxy.port
            let active = grid.launch(.dispatcher, broker: url.string)
            try await active.ready()
            // It publishes over the first, consumes over the second, and hears the workers over the third.
            #expect(links.entries == [1, 2, 3])
            let standby = grid.launch(.dispatcher, named: "standby")
            try await grid.launchWorker().ready()
            try await grid.knows(FaultGrid.fault)
            let payloads = (0..<60).map { $0 % 3 == 0 ? "fail-first" : "sleep 0.1" }
            let before = try await grid.submit(
                payloads, each: 10, options: TaskOptions(TaskSettings(timeout: .seconds(30)), deadline: .seconds(60)))
            try await grid.runs.begun(8)

            proxy.refuse()
            let lost = ContinuousClock.now
            proxy.cut(.number(2))
            try await standby.ready()
            report("lock lost with its connection, until the standby serves", .now - lost)
            let during = try await grid.submit(payloads, each: 10)
            let first = try await grid.settle(before + during)
            #expect(first.values.allSatisfy { $0.state == .succeeded })
            #expect(active.endings.isEmpty)

            // It stands by now, and takes over with what it reads then.
            proxy.accept()
            try await links.wait(beyond: 3)
            let begun = grid.runs.begun.count
            let hold = try Hold(at: grid.file("hold"))
            let running = try await grid.submit(Array(repeating: hold.payload, count: 4) + payloads, each: 10)
            try await grid.runs.begun(begun + 4)
            try await standby.kill(restarts: false)
            hold.release()
            let after = try await grid.submit(payloads, each: 10)
            let endings = try await grid.settle(before + during + running + after, heard: first)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(active.endings.isEmpty)
            for (id, attempts) in grid.runs.attempts {
                #expect(Set(attempts).count == attempts.count, "task \(id) ran as \(attempts)")
            }
        }
    }

    /// It stands still right before it writes a turn down, and goes on when another one has done that work.
    @Test func `the store refuses a turn that the old dispatcher had planned`() async throws {
        try await FaultGrid.run { grid in
            let broker = try #require(URLComponents(string: grid.broker))
            let proxy = try Proxy(port: try #require(broker.port))
            defer { proxy.stop() }
            var url = broker
            url.port = proxy.port
            let active = grid.launch(.dispatcher, failpoint: .resultReceived, stops: true, broker: url.string)
            try await active.ready()
            let standby = grid.launch(.dispatcher, named: "standby")
            try await grid.launchWorker().ready()
            try await grid.knows(FaultGrid.fault)
            let payloads = (0..<20).map { $0 % 4 == 0 ? "fail-first" : "sleep 0.05" }
            async let submitting = grid.submit(payloads)
            try await grid.until { active.isStopped }
            proxy.cut()
            try await standby.ready()
            let before = try await submitting
            let first = try await grid.settle(before)

            try active.signal(SIGCONT)
            try await grid.logged("dispatcher", "another dispatcher has taken the store over")
            let endings = try await grid.settle(before + grid.submit(payloads), heard: first)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(active.endings.isEmpty)
            for (id, attempts) in grid.runs.attempts {
                #expect(Set(attempts).count == attempts.count, "task \(id) ran as \(attempts)")
            }
        }
    }

    /// A dispatcher of another prefix has a lock of its own, and takes the store from the first.
    @Test func `a dispatcher whose store another grid uses ends with code 1, and does all once it is started again`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let before = try await grid.submit(["sleep 0.01"])
            let first = try await grid.settle(before)
            let other = Topology(prefix: "\(grid.topology.prefix)-other")
            let intruder = grid.launch(.dispatcher, named: "intruder", ["--prefix", other.prefix])
            try await intruder.ready()
            _ = try await intruder.stop()

            async let submitting = grid.submit((0..<20).map { $0 % 4 == 0 ? "fail-first" : "sleep 0.05" })
            #expect(try await dispatcher.ended().ending == .exited(code: 1))
            try await grid.logged("dispatcher", "give each grid a store of its own")
            try await grid.launch(.dispatcher, named: "again").ready()
            let endings = try await grid.settle(before + submitting, heard: first)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            await grid.clean(other)
        }
    }
}
