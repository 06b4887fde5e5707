import Foundation
import Synchronization
import TaskGridCore
import TaskStore
import Testing

@testable import Dispatcher

@Suite("Workers that cannot be heard")
struct SilenceTests {
    /// A worker whose lease ends at once, with a task that came back while it lived.
    private func orphan() async throws -> SchedulerHarness {
        let harness = try await SchedulerHarness()
        let message = RegistryMessage(
            worker: "w1", host: "h", pid: 1, version: "1", types: [.reverse], concurrency: 4, prefetch: 8, batch: true,
            started: Timestamp(rawValue: 1), interval: 0, running: [.init(task: 1, attempt: 1)]
        ).proven(by: harness.store.proofKey)
        _ = await harness.register("w1", interval: 0)
        _ = await harness.submit(["long"])
        _ = await harness.turn { $0.registry = [(.heartbeat, message)] }
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .interrupted), worker: "w2")
        #expect(await harness.machine(1)?.interruptions == 0)
        return harness
    }

    @Test func `while the broker takes no messages, and for a lease after that, no worker is given up`() async throws {
        let harness = try await orphan()
        harness.isCutOff.value.withLock { $0 = true }
        for _ in 0..<3 { _ = await harness.look() }
        #expect(await harness.scheduler.workers.workers.keys.sorted() == ["w1"])
        #expect(await harness.machine(1)?.interruptions == 0)
        #expect(try await harness.store.counts()[.reverse]?.scheduled == 0)
    }

    @Test func `one that stays silent though it could be heard is given up, and its task runs again`() async throws {
        let harness = try await orphan()
        _ = await harness.look()
        #expect(await harness.scheduler.workers.workers.isEmpty)
        var works = try await harness.register("w2").works()
        while works.isEmpty { works = try await harness.tick().works() }
        #expect(works.flatMap(\.items).map(\.attempt) == [2])
    }

    @Test func `however many tasks run beyond their expiry, one that waits ends at its own`() async throws {
        let harness = try await SchedulerHarness()
        let held = (1...1100).map { RegistryMessage.Held(task: TaskID($0), attempt: 1) }
        _ = await harness.register(concurrency: 2000)
        _ = await harness.submit(held.map { "\($0.task)" }) { $0.expiry = .seconds(1) }
        _ = await harness.register(concurrency: 2000, running: held)
        #expect(await harness.counts().running == 1100)
        _ = await harness.submit(["waits"]) {
            $0.expiry = .seconds(2)
            $0.due = .now() + .seconds(3600)
        }
        harness.time.pass(.seconds(2))
        #expect(try await harness.look().endings().map(\.state) == [.expired])
    }

    @Test func `a whole lease follows a time in which nobody could be heard`() async throws {
        let start = ContinuousClock.now
        var table = WorkerTable()
        let message = RegistryMessage(
            worker: "w1", host: "h", pid: 1, version: "1", types: [.reverse], concurrency: 4, prefetch: 8, batch: true,
            started: Timestamp(rawValue: 1)
        )
        _ = table.record(.heartbeat, of: message, at: start)
        #expect(table.late(at: start + .milliseconds(2999)) == nil)
        #expect(table.late(at: start + .seconds(3)) == "w1")
        table.renewAll(at: start + .seconds(10))
        #expect(table.expire(at: start + .milliseconds(12_999)).gone.isEmpty)
        #expect(table.expire(at: start + .seconds(13)).gone.map(\.message.worker) == ["w1"])

        let harness = try await SchedulerHarness()
        _ = await harness.register()
        await harness.scheduler.restFor(.seconds(60))
        _ = await harness.look()
        #expect(await harness.scheduler.workers.workers["w1"].map { $0.expires > .now + .seconds(2) } == true)
    }
}

extension SchedulerHarness {
    /// A turn in which the workers' leases are looked at.
    func look() async -> Outbound {
        await scheduler.makeLookDue()
        return await tick()
    }
}

extension Scheduler {
    func makeLookDue() { lastLook = .now - .seconds(1) }

    /// No worker has taken tasks of a type for so long that they go back.
    func beUnattended(_ type: TaskType = .reverse) { typeQueues[type]?.unattended = .now + (.zero - .seconds(3600)) }

    /// Nothing was heard for so long, and all leases are over.
    fileprivate func restFor(_ duration: Duration) {
        rollCall.latest = .now - duration
        for worker in workers.workers.values.map(\.message) { _ = workers.record(.heartbeat, of: worker, at: .now - duration) }
    }
}
