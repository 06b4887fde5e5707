import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("A scheduler that another has superseded")
struct TermTests {
    let active: SchedulerHarness

    init() async throws {
        active = try await SchedulerHarness()
        _ = await active.register()
        _ = await active.submit(["a", "b"])
    }

    private func failed(_ id: TaskID) -> Results.Item {
        Results.Item(id: id, attempt: 1, outcome: .failed(TaskError(.failed, "no")))
    }

    @Test func `its turn is dropped whole, and it does nothing more until it reads the store again`() async throws {
        let standby = try await SchedulerHarness(store: active.store)
        _ = await standby.register()
        // Before it knows: the turn takes up a result and a submission, and says what it made of neither.
        var out = await active.result(failed(1))
        #expect(out.isEmpty)
        out = await active.submit(["c"])
        #expect(out.isEmpty)
        out = await active.register("w9", types: [.sum])
        #expect(out.isEmpty)
        #expect(await active.tick().isEmpty)
        #expect(await active.scheduler.takeEvents().isEmpty)
        #expect(try await active.store.counts()[.reverse]?.queued == 2)

        // The dispatcher that has taken over gets the result, because it was not acknowledged, and does what is to be done.
        var again = try await standby.result(failed(1)).items()
        while again.isEmpty { again = try await standby.tick().items() }
        #expect(again.map(\.id) == [1] && again.map(\.attempt) == [2])

        // The first one is the active one again.
        out = await active.turn { $0.mustResume = true }
        #expect(await active.machine(1)?.attempt == 2)
        #expect(await active.scheduler.takeEvents().isEmpty == false)
        #expect(try await active.result(.init(id: 1, attempt: 2, outcome: .succeeded(Data()))).endings().map(\.id) == [1])
        #expect(await standby.result(.init(id: 2, attempt: 1, outcome: .succeeded(Data()))).isEmpty)
    }

    @Test func `a turn that was planned before the dispatcher was superseded, and committed after, is dropped too`() async throws {
        let item = Results.Item(id: 1, attempt: 1, outcome: .succeeded(Data()))
        let results = Results(form: .batch, type: .reverse, store: active.store.identity, worker: "w1", items: [item])
        let planned = await active.scheduler.plan(
            Inbox.Intake(arrivals: [active.delivery(results)]))
        let standby = try await SchedulerHarness(store: active.store)
        let committed = await active.scheduler.commit(planned)
        #expect(committed.failure?.code == .superseded)
        #expect(await active.scheduler.settle(committed, isLast: true).isEmpty)
        #expect(await standby.machine(1)?.attempt == 1)
    }

    @Test func `a breaker whose probes another dispatcher has ended probes with other tasks`() async throws {
        var configuration = DispatcherConfiguration.quick
        configuration.breaker = BreakerSettings(minimumAttempts: 2, pause: .zero, probes: 1)
        let active = try await SchedulerHarness(configuration)
        _ = await active.register()
        _ = await active.submit(["a", "b"])
        var probe = try await active.result(failed(1), failed(2)).items()
        while probe.isEmpty { probe = try await active.tick().items() }
        #expect(probe.count == 1)
        let standby = try await SchedulerHarness(store: active.store)
        _ = await standby.register()
        for item in probe { _ = await standby.result(.init(id: item.id, attempt: item.attempt, outcome: .succeeded(Data()))) }
        _ = await active.turn { $0.mustResume = true }
        #expect(try await active.submit(["c"]).items().map(\.payload) == [Data("c".utf8)])
    }

    @Test func `counters that do not balance make it read again what is handed out`() async throws {
        await active.scheduler.forget(1)
        // Nobody knows of it any more: its failure leads to nothing.
        #expect(try await active.result(failed(1)).items().isEmpty)
        #expect(await active.tick().publications.contains { $0.routingKey == "grid.error" })
        var again = try await active.result(failed(1)).items()
        while again.isEmpty { again = try await active.tick().items() }
        #expect(again.map(\.id) == [1] && again.map(\.attempt) == [2])
        #expect(await active.counts().balances)
    }

    @Test func `a store that fails is given up once the process is to end, and nothing is acknowledged`() async throws {
        await active.store.close()
        active.scheduler.stopRetrying(at: .now)
        let out = await active.result(failed(1))
        #expect(out.isEmpty)
        #expect(await active.turn { $0.mustResume = true }.isEmpty)
    }
}

extension Scheduler {
    fileprivate func forget(_ id: TaskID) {
        typeQueues[.reverse]?.handed[id] = nil
        consistencyCheck.next = .now
    }
}
