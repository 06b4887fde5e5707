import TaskGridCore
import Testing

@testable import Dispatcher

@Suite("The work queues, which the dispatcher declares")
struct WorkQueueTests {
    @Test func `a type's queue is declared when its first worker comes, and again when one waits for it`() async throws {
        let harness = try await SchedulerHarness()
        #expect(await harness.register("w1", types: [.reverse, .sum], kind: .register).declares == [.reverse, .sum])
        #expect(await harness.register("w1", types: [.reverse, .sum]).declares.isEmpty)
        #expect(await harness.register("w2", kind: .register).declares.isEmpty)
        #expect(await harness.register("w2", kind: .register).declares == [.reverse], "it says so again")
        // The connection was lost: another may have deleted it meanwhile.
        _ = await harness.turn { $0.mustResume = true }
        #expect(await harness.register("w3").declares == [.reverse])
    }
}
