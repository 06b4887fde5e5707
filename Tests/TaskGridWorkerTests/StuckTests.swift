import Dispatch
import Foundation
import ServiceSupport
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite("Code that does not heed its cancellation", .timeLimit(.minutes(1))) struct StuckTests {
    /// Lets time pass until what is waited for has happened.
    private func ticking(_ harness: Harness, until condition: @escaping @Sendable ([FakeBroker.Event]) -> Bool) async {
        while !condition(harness.broker.events) {
            harness.clock.advance(by: .seconds(1))
            await Task.yield()
        }
    }

    /// Nothing more is run, yet nothing that waits is held for ever.
    private func expectGivesBack(_ harness: Harness, stuck: Set<Int64>, waiting: Set<Int64>) async {
        await ticking(harness) { events in events.items.contains { $0.outcome == .returned } }
        await harness.broker.until { $0.registry.last?.content.draining == true && $0.items.count == stuck.count + waiting.count }
        let items = harness.broker.events.items
        #expect(Set(items.filter { $0.outcome == .returned }.map(\.id.rawValue)) == waiting)
        let late = items.filter { if case .failed(let error) = $0.outcome { error.code == .timedOut } else { false } }
        #expect(Set(late.map(\.id.rawValue)) == stuck)
        await harness.broker.until { events in events.contains { if case .stopped = $0 { true } else { false } } }
        #expect(harness.pipeline.isStuck)
        let problem = harness.pipeline.slots(at: harness.clock.clock.now()).problem
        #expect(problem?.contains("code of \(stuck.count) tasks") == true)
        #expect(harness.errors.first?.hasPrefix("cancelled code does not return") == true)
    }

    @Test func `waiting tasks are given back once no slot is left`() async throws {
        let (begun, stuck) = (Gate(), Gate(heedsCancellation: false))
        let worker = Harness.worker { text, _ in
            begun.open()
            await stuck.wait()
            return text
        }
        try await Harness(worker, concurrency: 1).run { harness in
            harness.broker.deliver(Harness.work((1, "stuck"), form: .single, timeout: .seconds(10)))
            harness.broker.deliver(Harness.work((2, "waits"), (3, "waits"), timeout: .seconds(10)))
            await begun.wait()
            harness.clock.advance(by: .seconds(10))
            await harness.broker.until { $0.items.count == 1 }
            #expect(harness.pipeline.slots(at: harness.clock.clock.now()).problem == nil)
            await expectGivesBack(harness, stuck: [1], waiting: [2, 3])
            stuck.open()
        }
    }

    /// Markers and the like come all the time: they do not count as movement.
    @Test func `code that blocks all threads leaves no slot either`() async throws {
        let (begun, blocked) = (Gate(), DispatchSemaphore(value: 0))
        let worker = Harness.worker { text, _ in
            if text == "second" { begun.open() }
            Self.block(on: blocked)
            return text
        }
        try await Harness(worker, concurrency: 4).run { harness in
            harness.broker.deliver(Harness.work((1, "first"), form: .single, timeout: .seconds(10)))
            harness.broker.deliver(Harness.work((2, "second"), form: .single, timeout: .seconds(10)))
            await begun.wait()
            harness.broker.deliver(Harness.work((3, "waits"), form: .single))
            harness.clock.advance(by: .seconds(10))
            await harness.broker.until { $0.items.count == 2 }
            await expectGivesBack(harness, stuck: [1, 2], waiting: [3])
            for _ in 0..<2 { blocked.signal() }
        }
    }

    /// A place that is left takes what waits, so that the worker goes on.
    @Test func `one free slot suffices`() async throws {
        let (begun, stuck) = (Gate(), Gate(heedsCancellation: false))
        let worker = Harness.worker { text, _ in
            if text == "stuck" {
                begun.open()
                await stuck.wait()
            }
            return text
        }
        try await Harness(worker, concurrency: 2).run { harness in
            harness.broker.deliver(Harness.work((1, "stuck"), form: .single, timeout: .seconds(10)))
            await begun.wait()
            await ticking(harness) { $0.registry.count > 40 }
            harness.broker.deliver(Harness.work((2, "fine"), form: .single))
            await harness.broker.until { events in events.items.contains { $0.outcome == .succeeded(Data("fine".utf8)) } }
            #expect(!harness.pipeline.isStuck)
            stuck.open()
        }
    }

    /// The threads that computing code holds are not needed to cancel it.
    @Test func `code that computes on all threads hears of its cancellation`() async throws {
        let begun = [Gate(), Gate()]
        let worker = Harness.worker { text, context in
            guard let number = Int(text) else { return text }
            begun[number].open()
            while !context.isCancelled {}
            return text
        }
        try await Harness(worker, concurrency: 2).run { harness in
            harness.broker.deliver(Harness.work((1, "0"), form: .single, timeout: .seconds(10)))
            harness.broker.deliver(Harness.work((2, "1"), form: .single, timeout: .seconds(10)))
            for gate in begun { await gate.wait() }
            harness.clock.advance(by: .seconds(10))
            await harness.broker.until { $0.items.count == 2 }
            harness.broker.deliver(Harness.work((3, "next"), form: .single))
            await harness.broker.until { events in events.items.contains { $0.outcome == .succeeded(Data("next".utf8)) } }
        }
    }

    private static func block(on semaphore: DispatchSemaphore) { semaphore.wait() }
}
