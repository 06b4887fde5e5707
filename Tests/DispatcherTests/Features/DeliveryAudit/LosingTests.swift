import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The scheduler, about what is lost or fails too often")
struct LosingTests {
    private func marker(_ out: Outbound) throws -> Int? { try out.markers().first }

    /// Sends a marker and brings it back.
    private func mark(_ harness: SchedulerHarness) async throws -> Outbound {
        var number: Int?
        // A marker follows the one before only after a while, which the turns here cannot wait for.
        await harness.scheduler.forgetAuditTimes()
        number = try marker(await harness.tick())
        return await harness.result(.init(id: .marker, attempt: try #require(number), outcome: .returned))
    }

    @Test func `a delivery that two markers do not find is handed out again`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b", "c"])
        // The worker holds 1 and has ended 2; of 3 nobody knows.
        _ = await harness.register(running: [.init(task: 1, attempt: 1)])
        _ = await harness.result(.init(id: 2, attempt: 1, outcome: .succeeded(Data())))
        #expect(try await mark(harness).items().isEmpty)
        let out = try await mark(harness)
        #expect(out.publications.contains { $0.exchange == harness.topology.events.name && $0.routingKey == "grid.warning" })
        var again = try out.items()
        while again.isEmpty { again = try await harness.tick().items() }
        #expect(again.told == ["3.2 c"])
        #expect(await harness.counts().balances)
    }

    @Test func `after a restart, what is out is audited too`() async throws {
        let before = try await SchedulerHarness()
        _ = await before.register()
        _ = await before.submit(["a"])
        let harness = try await SchedulerHarness(store: before.store)
        _ = await harness.register()
        _ = try await mark(harness)
        let out = try await mark(harness)
        var again = try out.items()
        while again.isEmpty { again = try await harness.tick().items() }
        #expect(again.map(\.attempt) == [2])
    }

    @Test func `nobody is blamed for what came back when the broker, or the dispatcher, was away`() async throws {
        let before = try await SchedulerHarness()
        _ = await before.register()
        _ = await before.submit(["a"])
        let harness = try await SchedulerHarness(store: before.store)
        _ = await harness.register("w2")
        var works = try await harness.result(.init(id: 1, attempt: 1, outcome: .interrupted), worker: "w2").works()
        while works.isEmpty { works = try await harness.tick().works() }
        #expect(works.map(\.announce) == [false])
        #expect(await harness.machine(1)?.interruptions == 0)
        // This one was handed out under its eyes.
        works = try await harness.result(.init(id: 1, attempt: 2, outcome: .interrupted), worker: "w2").works()
        while works.isEmpty { works = try await harness.tick().works() }
        #expect(works.map(\.announce) == [true])
        #expect(await harness.machine(1)?.interruptions == 1)
    }

    @Test func `a task that is handed out after a marker is not judged by it`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a"])
        _ = try await mark(harness)
        await harness.scheduler.forgetAuditTimes()
        let number = try #require(try marker(await harness.tick()))
        _ = await harness.submit(["b"])
        _ = await harness.result(.init(id: .marker, attempt: number, outcome: .returned))
        #expect(await harness.machine(2)?.attempt == 1)
        let first = await harness.machine(1)
        #expect(first == nil || first?.attempt == 2)
    }

    @Test func `work that a queue refuses goes out again later, not at once`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let out = await harness.submit((0..<20).map(String.init))
        let refused = out.undelivered(out.publications.map { $0.isMandatory ? .nacked : .confirmed })
        #expect(refused.count == 20)
        // A backoff may be next to nothing, but not that of all of them.
        var again = try await harness.turn { $0.undelivered = refused }.items()
        #expect(again.count < 20)
        while again.count < 20 { again += try await harness.tick().items() }
        #expect(again.allSatisfy { $0.attempt == 2 })
        #expect(await harness.counts().balances)
    }

    @Test func `no marker is sent to a type without workers, nor one of another store taken up`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a"])
        _ = await harness.register(kind: .deregister)
        #expect(try marker(await harness.tick()) == nil)
        let foreign = await harness.result(.init(id: .marker, attempt: 5, outcome: .returned), store: "another")
        #expect(foreign.publications.isEmpty)
    }

    @Test func `a type whose attempts fail is held back, probed, and let go again`() async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.retry = RetryPolicy(maxAttempts: 1, backoff: Backoff(base: .zero, ceiling: .zero))
        configuration.breaker = BreakerSettings(minimumAttempts: 4, pause: .zero, probes: 2)
        let harness = try await SchedulerHarness(configuration)
        _ = await harness.register()
        _ = await harness.submit(["a", "b", "c", "d"])
        var out = Outbound(topology: harness.topology, persistsWork: false)
        for id in 1...4 { out = await harness.result(.init(id: TaskID(Int64(id)), attempt: 1, outcome: .failed(TaskError(.failed, "no")))) }
        #expect(out.publications.contains { $0.routingKey == "grid.warning" })
        #expect(await harness.scheduler.takeEvents().first?.breaker != .closed)
        // The pause is over at once: two of the tasks that wait are let out to try.
        let held = try await harness.submit((0..<10).map { "\($0)" }).items()
        let tried = try held + (await harness.tick().items())
        #expect(tried.count == 2)
        #expect(await harness.counts().pending == 8)
        _ = await harness.result(.init(id: tried[0].id, attempt: 1, outcome: .succeeded(Data())))
        let closed = await harness.result(.init(id: tried[1].id, attempt: 1, outcome: .succeeded(Data())))
        let rest = try closed.items() + (await harness.tick().items())
        #expect(rest.count == 8)
        #expect(await harness.scheduler.takeEvents().first?.breaker == .closed)
        #expect(await harness.counts().balances)
    }

    @Test func `invalid input and cancelled tasks open no breaker`() async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.breaker = BreakerSettings(minimumAttempts: 2)
        let harness = try await SchedulerHarness(configuration)
        _ = await harness.register()
        _ = await harness.submit((0..<20).map { "\($0)" })
        for id in 1...10 {
            _ = await harness.result(.init(id: TaskID(Int64(id)), attempt: 1, outcome: .failed(TaskError(.invalidInput, "no"))))
        }
        for id in 11...20 {
            _ = await harness.result(.init(id: TaskID(Int64(id)), attempt: 1, outcome: .failed(TaskError(.cancelled, "no"))))
        }
        #expect(await harness.scheduler.takeEvents().first?.breaker == .closed)
    }

    @Test func `a success that comes in the very turn of a retry ends the task, and the counters balance`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a"])
        await harness.scheduler.checkConsistencyNow()
        let items = [Results.Outcome.failed(TaskError(.failed, "no")), .succeeded(Data("yes".utf8))].map {
            Results.Item(id: 1, attempt: 1, outcome: $0)
        }
        let results = Results(form: .batch, type: .reverse, store: harness.store.identity, worker: "w1", items: items)
        let out = await harness.turn {
            $0.arrivals = [harness.delivery(results)]
            $0.isTick = true
        }
        #expect(try out.endings().map(\.state) == [.succeeded])
        #expect(out.publications.allSatisfy { $0.routingKey != "grid.error" })
        try await harness.expectCountersOfStore()
    }
}

extension Scheduler {
    /// The next marker is due.
    fileprivate func forgetAuditTimes() {
        for type in typeQueues.types { typeQueues[type]?.audit.next = .now }
    }

    fileprivate func checkConsistencyNow() { consistencyCheck.next = .now }
}
