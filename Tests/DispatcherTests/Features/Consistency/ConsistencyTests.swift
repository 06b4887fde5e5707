import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The consistency check of the counters")
struct ConsistencyTests {
    @Test func `counters that do not balance are an error event, and the store's word is taken`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a", "b"])
        await harness.scheduler.falsifyCounters()
        let out = await harness.tick()
        #expect(out.publications.contains { $0.routingKey == "grid.error" })
        #expect(await harness.counts().balances)
        await harness.scheduler.checkConsistencyNow()
        #expect(await harness.tick().publications.allSatisfy { $0.routingKey != "grid.error" })
    }

    @Test func `the next check follows after ten seconds, or two hundred times as long as this one took`() {
        var check = ConsistencyCheck()
        let start = ContinuousClock.now
        check.done(since: start, at: start + .milliseconds(10))
        #expect(check.next == start + .milliseconds(10) + .seconds(10))
        check.done(since: start, at: start + .seconds(1))
        #expect(check.next == start + .seconds(1) + .seconds(200))
    }
}

extension Scheduler {
    fileprivate func checkConsistencyNow() { consistencyCheck.next = .now }

    fileprivate func falsifyCounters() {
        typeQueues[.reverse]?.counters.submitted += 1
        consistencyCheck.next = .now
    }
}
