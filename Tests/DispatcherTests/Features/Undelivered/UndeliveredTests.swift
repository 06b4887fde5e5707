import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("Work that reaches no queue")
struct UndeliveredTests {
    private func outcomes(_ out: Outbound, _ outcome: PublishOutcome) -> [PublishOutcome] {
        out.publications.map { $0.isMandatory ? outcome : .confirmed }
    }

    @Test func `work that comes back for want of a queue waits until a worker shows itself`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let out = await harness.submit(["x", "y"])
        let returned = out.undelivered(out.publications.map { $0.isMandatory ? .returned(code: 312, text: "NO_ROUTE") : .confirmed })
        #expect(returned.count == 2)
        let back = await harness.turn { $0.undelivered = returned }
        #expect(try back.items().isEmpty)
        #expect(try await harness.tick().items().isEmpty)
        #expect(await harness.counts().queued == 0)
        let again = await harness.register()
        #expect(Set(try again.items().map(\.id)) == [1, 2])
    }

    @Test func `work that is too large goes in halves, and a task that is too large alone fails with a clear error`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let work = Work(
            form: .batch, type: .reverse, store: harness.store.identity, announce: false,
            items: (1...5 as ClosedRange<Int64>).map { id in
                let proof = harness.store.proofKey.proof(of: TaskID(id), attempt: 1, type: .reverse)
                return Work.Item(id: TaskID(id), attempt: 1, proof: proof, payload: Data())
            }
        )
        var out = Outbound(topology: harness.topology, persistsWork: false, messages: [.work(work)])
        let refused = PublishOutcome.refused(.tooLarge(size: 20_000_000, limit: 16_777_216))
        #expect(out.undelivered(outcomes(out, refused)).isEmpty)
        out = out.halves(outcomes(out, refused))
        #expect(try out.works().map { $0.items.map(\.id) } == [[1, 2], [3, 4, 5]])
        #expect(Set(out.publications.map(\.message.properties.messageID)).count == 2)
        #expect(out.halves([.confirmed, .confirmed]).messages.isEmpty)

        let single = await harness.submit(["a"])
        #expect(single.halves(outcomes(single, refused)).messages.isEmpty)
        let undelivered = single.undelivered(outcomes(single, refused))
        let ended = await harness.turn { $0.undelivered = undelivered }
        let ending = try #require(try ended.endings().first)
        #expect(ending.state == .failed)
        #expect(ending.error?.code == .payloadTooLarge)
        #expect(ending.error?.message.contains("20000000 bytes; the broker takes 16777216 at most") == true)
        #expect(await harness.counts().balances)
    }

    @Test func `a type whose queue takes nothing is held back alone`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register(types: [.reverse, .sum])
        let out = await harness.submit(["a", "b", "c"])
        let undelivered = out.undelivered(outcomes(out, .nacked))
        #expect(undelivered.count == 3)
        // The turn that takes it up hands nothing of the type out again, though nothing else would wait (the backoff is none).
        #expect(try await harness.turn { $0.undelivered = undelivered }.items().isEmpty)
        #expect(try await harness.submit(["d"], type: .sum).items().count == 1)
        var again: [Work.Item] = []
        while again.count < 3 { again += try await harness.tick().items() }
        #expect(await harness.counts().balances)
    }

    @Test func `a task that a full queue refuses is pending, without a backoff or an attempt, and the queue is named once`() async throws {
        let hour = Backoff(base: .seconds(3600), ceiling: .seconds(3600))
        let harness = try await SchedulerHarness(DispatcherConfiguration(retry: RetryPolicy(backoff: hour)))
        _ = await harness.register()
        let out = await harness.submit((0..<20).map(String.init))
        let undelivered = out.undelivered(outcomes(out, .nacked))
        // It has taken the first two.
        let turn = await harness.turn { $0.undelivered = undelivered.filter { $0.held.task > 2 } }
        #expect(try turn.items().isEmpty)
        let counts = await harness.counts()
        #expect(counts.pending == 18 && counts.queued == 2 && counts.scheduled == 0 && counts.balances)
        let record = try #require(await harness.record(3))
        #expect(record.status == .pending && record.due == nil && record.attempts.isEmpty)
        #expect(turn.warnings().count == 1 && turn.warnings().first?.contains("'taskgrid.work.reverse'") == true)

        // One that ends makes room for one, at once.
        let next = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())))
        #expect(try next.items().first?.attempt == 2)
        let again = await harness.turn { $0.undelivered = next.undelivered(outcomes(next, .nacked)) }
        #expect(again.warnings().isEmpty)
        // The others go out with time, of which more or less has passed by now.
        var rest = try again.items()
        while Set(rest.map(\.id)).count < 18 { rest += try await harness.tick().items() }
        #expect(rest.allSatisfy { $0.attempt <= 3 })
    }
}

extension Outbound {
    fileprivate func warnings() -> [String] {
        publications.filter { $0.routingKey == "grid.warning" }.map { String(decoding: $0.message.body, as: UTF8.self) }
    }
}
