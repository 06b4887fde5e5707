import TaskGridCore
import TestSupport
import Testing

@testable import TaskGridWorker

@Suite(.timeLimit(.minutes(1))) struct PrefetchTests {
    @Test func `the prefetch grows while tasks are short, and shrinks as soon as one runs long`() async throws {
        let (begun, gate) = (Gate(), Gate())
        let worker = Harness.worker { text, _ in
            if text == "long" {
                begun.open()
                await gate.wait()
            }
            return text
        }
        try await Harness(worker, concurrency: 1, prefetch: 1, longestPrefetch: 8).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            #expect(harness.broker.events.registry.first?.content.prefetch == 1)
            harness.broker.deliver(Harness.work((1, "short"), form: .single))
            await harness.broker.until { !$0.acknowledged.isEmpty }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.prefetches == [8] }
            harness.broker.deliver(Harness.work((2, "long"), form: .single))
            await begun.wait()
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.prefetches == [8, 1] }
            gate.open()
        }
    }

    @Test func `a task that has just begun does not count as a short one`() async throws {
        let (begun, gate) = (Gate(), Gate())
        let worker = Harness.worker { text, _ in
            begun.open()
            await gate.wait()
            return text
        }
        try await Harness(worker, concurrency: 1, prefetch: 1, longestPrefetch: 8).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            harness.clock.advance(by: .milliseconds(950))
            harness.broker.deliver(Harness.work((1, "long"), form: .single))
            await begun.wait()
            harness.clock.advance(by: .milliseconds(50))
            await harness.broker.until { $0.registry.count >= 2 }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.count >= 3 }
            #expect(harness.broker.events.prefetches.isEmpty)
            gate.open()
        }
    }

    @Test func `tasks that came as short ones and are long run in all slots, and what still waits is given back`() async throws {
        let (begun, gate) = (Journal<String>(), Gate())
        let worker = Harness.worker { text, _ in
            guard text != "short" else { return text }
            begun.add(text)
            await gate.wait()
            return text
        }
        try await Harness(worker, concurrency: 2, prefetch: 1, longestPrefetch: 8).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            harness.broker.deliver(Harness.work((1, "short"), form: .single))
            await harness.broker.until { !$0.acknowledged.isEmpty }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.prefetches == [8] }
            harness.broker.deliver(Harness.work((2, "a"), (3, "b"), (4, "c")))
            #expect(await begun.saw { $0 == "a" })
            harness.clock.advance(by: .seconds(1))
            #expect(await begun.saw { $0 == "b" })
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.prefetches == [8, 1] }
            await harness.broker.until { $0.items.contains { $0.id == 4 && $0.outcome == .returned } }
            gate.open()
        }
    }
}

extension [FakeBroker.Event] {
    fileprivate var prefetches: [Int] { compactMap { if case .prefetch(let count, _) = $0 { count } else { nil } } }
}
