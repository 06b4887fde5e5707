import AMQP
import Foundation
import Synchronization
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("Workers whose connections, or whose leases, are gone")
struct InterruptionTests {
    private func held(_ attempt: Int) -> RegistryMessage.Held { .init(task: 1, attempt: attempt) }

    /// The first work that goes out, now or in the next turns.
    private func work(_ first: Outbound, _ harness: SchedulerHarness) async throws -> Work {
        var works = try first.works()
        while works.isEmpty { works = try await harness.tick().works() }
        return works[0]
    }

    /// The attempts that a worker is told to end.
    private func stopped(_ outbound: Outbound, _ worker: String, _ harness: SchedulerHarness) throws -> [RegistryMessage.Held] {
        try outbound.publications.filter { $0.exchange == harness.topology.control.name && $0.routingKey == worker }
            .flatMap { try CancelRequest($0.message).tasks }
    }

    /// `w1` runs task 1, loses both connections, and `w2` reports the delivery.
    private func lost(_ harness: SchedulerHarness, attempt: Int = 1, by worker: String = "w1") async -> Outbound {
        harness.gone.value.withLock { $0 = [worker] }
        return await harness.result(.init(id: 1, attempt: attempt, outcome: .interrupted), worker: "w2")
    }

    @Test func `one connection gone: the holder lives, and its task is not handed out again`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w1")
        _ = await harness.submit(["a"])
        _ = await harness.register("w1", running: [held(1)])
        for _ in 0..<5 {
            #expect(try await harness.result(.init(id: 1, attempt: 1, outcome: .interrupted), worker: "w2").items().isEmpty)
            #expect(try await harness.look().items().isEmpty)
            _ = await harness.register("w1", running: [held(1)])
        }
        #expect(await harness.machine(1)?.interruptions == 0)
        #expect(await harness.machine(1)?.attempt == 1)
    }

    @Test
    func `both gone, however often: the task runs again at once, nobody is blamed once the worker speaks, and its old run is ended`()
        async throws
    {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w2")
        _ = await harness.register("w1")
        _ = await harness.submit(["a"])
        for attempt in 1...5 {
            let worker = "w\(attempt % 2 == 1 ? 1 : 3)"
            _ = await harness.register(worker, running: [held(attempt)])
            let next = try await work(await lost(harness, attempt: attempt, by: worker), harness)
            #expect(next.items.map(\.attempt) == [attempt + 1])
            harness.gone.value.withLock { $0 = [] }
            let back = await harness.register(worker, running: [held(attempt)])
            #expect(try stopped(back, worker, harness).contains(held(attempt)))
            #expect(await harness.machine(1)?.interruptions == 0)
        }
    }

    @Test func `a word of a worker that came late from before its death withdraws nothing`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w2")
        _ = await harness.register("w1")
        _ = await harness.submit(["a"])
        _ = await harness.register("w1", running: [held(1)])
        _ = try await work(await lost(harness), harness)
        _ = await harness.register("w1", running: [held(1)])
        #expect(await harness.machine(1)?.interruptions == 1)
        #expect(await harness.scheduler.workers.workers["w1"] == nil)
    }

    @Test
    func `a task with a provisional interruption goes out a third time only after the verdict, and then as its own fault`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w2")
        _ = await harness.register("w1")
        _ = await harness.submit(["a"])
        _ = await harness.register("w1", running: [held(1)])
        #expect(try await work(await lost(harness), harness).announce)
        _ = await harness.register("w3", running: [held(2)])
        harness.gone.value.withLock { $0 = ["w1", "w3"] }
        #expect(try await harness.result(.init(id: 1, attempt: 2, outcome: .interrupted), worker: "w2").items().isEmpty)
        #expect(try await harness.look().items().isEmpty)
        #expect(await harness.machine(1)?.attempt == 2)
        await harness.scheduler.endDepartedLeases()
        _ = await harness.register("w2")
        let third = try await work(await harness.look(), harness)
        #expect(third.items.map(\.attempt) == [3])
        #expect(third.alone)
        #expect(await harness.machine(1)?.interruptions == 2)
        // The third death ends it, after its verdict too.
        _ = await harness.register("w4", running: [held(3)])
        harness.gone.value.withLock { $0 = ["w4"] }
        #expect(try await harness.result(.init(id: 1, attempt: 3, outcome: .interrupted), worker: "w2").endings().isEmpty)
        await harness.scheduler.endDepartedLeases()
        #expect(try await harness.look().endings().map(\.error?.code) == [.poison])
        try await harness.expectCountersOfStore()
    }

    @Test func `a delivery lost before any heartbeat named it is nobody's fault where no worker has died`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w2")
        _ = await harness.register("w1")
        _ = await harness.submit(["a"])
        for attempt in 1...4 {
            let next = try await work(await harness.result(.init(id: 1, attempt: attempt, outcome: .interrupted), worker: "w2"), harness)
            #expect(next.items.map(\.attempt) == [attempt + 1])
            await harness.scheduler.endDepartedLeases()
            _ = await harness.register("w1")
            _ = await harness.register("w2")
            _ = await harness.look()
            #expect(await harness.machine(1)?.interruptions == 0)
        }
    }

    @Test(arguments: [true, false])
    func `a worker withdraws an interruption that is blamed on nobody, if it proves that the attempt was its own`(proves: Bool) async throws
    {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w2")
        _ = await harness.submit(["a"])
        _ = try await work(await harness.result(.init(id: 1, attempt: 1, outcome: .interrupted), worker: "w2"), harness)
        #expect(await harness.machine(1)?.interruptions == 1)
        var message = RegistryMessage(
            worker: "w3", host: "", pid: 0, version: "", types: [.reverse], concurrency: 1, prefetch: 1, batch: false, started: .now(),
            interval: 60_000, running: [held(1)])
        if proves { message = message.proven(by: harness.store.proofKey) }
        let heartbeat = message
        _ = await harness.turn { $0.registry = [(.heartbeat, heartbeat)] }
        #expect(await harness.machine(1)?.interruptions == (proves ? 0 : 1))
    }

    @Test
    func `with its worker's lease gone the attempt is over when the worker was last heard of, and the task waits as pending`() async throws
    {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w1", interval: 0)
        _ = await harness.submit(["a", "b"])
        _ = await harness.register("w1", running: [held(1)], interval: 0)
        let before = Timestamp.now()
        #expect(await harness.counts().running == 1)
        let out = await harness.look()
        #expect(await harness.counts().running == 0)
        #expect(await harness.counts().pending == 1)
        #expect(out.publications.contains { $0.routingKey == "grid.warning" })
        let record = try #require(try await harness.store.task(1))
        #expect(record.status == .pending && record.due == nil && record.attempt == 1)
        let attempt = try #require(record.attempts.last)
        #expect(attempt.outcome == .interrupted && attempt.worker == "w1")
        #expect(try #require(attempt.ended) <= before)
        try await harness.expectCountersOfStore()
        // A worker comes.
        let items = try await harness.register("w2").items()
        #expect(items.map(\.id) == [1] && items.map(\.attempt) == [2])
    }

    @Test func `without a worker there is no window: what was queued waits in the store, and the queue is emptied`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w1")
        _ = await harness.submit(["a", "b", "c"])
        _ = await harness.register("w1", kind: .deregister)
        #expect(await harness.counts().queued == 3)
        await harness.scheduler.beUnattended()
        _ = await harness.look()
        #expect(await harness.counts().pending == 3)
        #expect(harness.purged.value.withLock { $0 } == [.reverse])
        #expect(try await harness.submit(["d"]).items().isEmpty)
        #expect(try await harness.store.counts()[.reverse]?.pending == 4)
        var items = try await harness.register("w2").items()
        while items.count < 4 { items += try await harness.tick().items() }
        #expect(items.map(\.attempt) == [2, 2, 2, 1])
        try await harness.expectCountersOfStore()
    }
}

extension Scheduler {
    /// The leases of workers whose connections are gone are over, and those of workers that nothing is known of.
    fileprivate func endDepartedLeases() {
        interruptions.endLeases(at: .now + (.zero - .seconds(3600)))
        workers.endDepartedLeases(at: .now)
    }
}
