import AMQP
import Foundation
import Synchronization
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    private func isClosed(_ event: FakeBroker.Event) -> Bool { if case .closed = event { true } else { false } }
    private func isStopped(_ event: FakeBroker.Event) -> Bool { if case .stopped = event { true } else { false } }

    @Test func `a drain gives back tasks that have not begun and lets the others finish`() async throws {
        let (begun, gate) = (Gate(), Gate())
        let worker = Harness.worker { text, _ in
            begun.open()
            await gate.wait()
            return text
        }
        try await Harness(worker, concurrency: 1).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "runs"), (2, "rest")), Harness.work((3, "waits"), form: .single))
            await begun.wait()
            harness.pipeline.drain()
            await harness.broker.until { $0.items.count == 2 }
            #expect(Set(harness.broker.events.items.map(\.id)) == [2, 3])
            #expect(harness.broker.events.items.allSatisfy { $0.outcome == .returned })
            // Said at once, without waiting for the next interval.
            await harness.broker.until { $0.registry.last?.content.draining == true }
            gate.open()
            await harness.broker.until { $0.contains(where: self.isClosed) }
            let events = harness.broker.events
            #expect(events.items.last?.outcome == .succeeded(Data("runs".utf8)))
            #expect(Set(events.acknowledged) == Set(tags))
            #expect(events.registry.last?.kind == .deregister)
            #expect(events.place(isStopped) < events.place(isClosed))
        }
    }

    @Test(arguments: ["a", "b"])
    func `a worker whose user may not write results ends at once, acknowledges nothing, and says why`(text: String) async throws {
        let gate = Gate()
        let worker = Harness.worker { text, _ in
            if text == "b" { await gate.wait() }
            return text
        }
        let harness = Harness(worker)
        let executor = SlotExecutor(threads: 2)
        defer { executor.stop() }
        harness.broker.answer(.refuse(.accessRefused("ACCESS_REFUSED")))
        // One beside it may still run.
        harness.broker.deliver(Harness.work((1, "a"), form: .single), Harness.work((2, text), form: .single))
        let error = await #expect(throws: AMQPError.self) { try await harness.pipeline.run(on: executor) }
        #expect(harness.broker.events.acknowledged.isEmpty)
        #expect(harness.broker.events.results.count == 1)
        #expect(harness.broker.events.contains(where: isClosed))
        #expect(error?.code == .accessRefused)
        #expect(error?.message.contains("worker w") == true && error?.message.contains("t.results") == true)
    }

    @Test func `a worker that cannot begin to take work signs off, before its connections close`() async throws {
        let reason = AMQPError(.accessRefused, "no permission")
        let harness = Harness(PipelineTests.upper, broker: FakeBroker(workFailure: reason))
        let executor = SlotExecutor(threads: 1)
        defer { executor.stop() }
        let error = await #expect(throws: AMQPError.self) { try await harness.pipeline.run(on: executor) }
        #expect(error == reason)
        let events = harness.broker.events
        #expect(events.registry.map(\.kind) == [.register, .deregister])
        #expect(events.lastIndex { if case .published = $0 { true } else { false } } ?? .max < events.place(isClosed))
    }

    @Test func `a worker that is told to stop while it waits for its work queue signs off`() async throws {
        let harness = Harness(PipelineTests.upper, broker: FakeBroker(workOpening: Gate(heedsCancellation: false)))
        let executor = SlotExecutor(threads: 1)
        defer { executor.stop() }
        async let running: Void = harness.pipeline.run(on: executor)
        await harness.broker.until { !$0.registry.isEmpty }
        harness.pipeline.drain()
        try await running
        #expect(harness.broker.events.registry.map(\.kind) == [.register, .deregister])
    }

    @Test func `a drain gives back tasks that outlive the deadline`() async throws {
        let (begun, stuck) = (Gate(), Gate(heedsCancellation: false))
        let worker = Harness.worker { text, _ in
            begun.open()
            await stuck.wait()
            return text
        }
        let unresponsive = Gate()
        try await Harness(worker, concurrency: 1).run(onUnresponsive: unresponsive.open) { harness in
            let tags = harness.broker.deliver(Harness.work((1, "stuck"), form: .single))
            await begun.wait()
            harness.pipeline.drain()
            await harness.broker.until { $0.contains(where: self.isStopped) }
            try await harness.clock.sleeper(for: .seconds(30))
            harness.clock.advance(by: .seconds(30))
            await harness.broker.until { $0.contains(where: self.isClosed) }
            #expect(harness.broker.events.items.map(\.outcome) == [.returned])
            #expect(harness.broker.events.acknowledged == tags)
            // Its code does not heed that it is cancelled: whoever can end the process is told, and people read of which task.
            while !unresponsive.isOpen {
                harness.clock.advance(by: .seconds(1))
                await Task.yield()
            }
            #expect(harness.errors == ["worker cannot end, the cancelled code of these tasks does not return [1]"])
            stuck.open()
        }
    }

    @Test func `code that ends when it is cancelled does not hold up a drain`() async throws {
        let begun = Gate()
        let worker = Harness.worker { text, _ in
            begun.open()
            await Gate().wait()
            return text
        }
        let harness = Harness(worker, concurrency: 1)
        let executor = SlotExecutor(threads: 1)
        defer { executor.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await harness.pipeline.run(on: executor, onUnresponsive: { Issue.record("its code has returned") }) }
            harness.broker.deliver(Harness.work((1, "slow"), form: .single))
            await begun.wait()
            harness.pipeline.drain()
            await harness.broker.until { $0.contains(where: self.isStopped) }
            try await harness.clock.sleeper(for: .seconds(30))
            harness.clock.advance(by: .seconds(30))
            // By itself, and without another tick of the clock.
            try await group.waitForAll()
        }
        #expect(!harness.pipeline.isStuck)
    }

    /// Work that the broker sent before it knew comes back too.
    @Test func `a drain gives back tasks that arrive meanwhile`() async throws {
        let (begun, gate) = (Gate(), Gate())
        let worker = Harness.worker { text, _ in
            begun.open()
            await gate.wait()
            return text
        }
        try await Harness(worker).run { harness in
            harness.broker.deliver(Harness.work((1, "runs"), form: .single))
            await begun.wait()
            harness.pipeline.state.withLock { $0.isDraining = true }
            let late = harness.broker.deliver(Harness.work((2, "late"), form: .single))
            await harness.broker.until { $0.acknowledged == late }
            #expect(harness.broker.events.items.map(\.outcome) == [.returned])
            gate.open()
        }
    }

    @Test func `an idle worker drains at once`() async throws {
        try await Harness(PipelineTests.upper).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            harness.pipeline.drain()
            await harness.broker.until { $0.contains(where: self.isClosed) }
            #expect(harness.broker.events.registry.map(\.kind).last == .deregister)
        }
    }

    @Test func `a worker that finds no broker can be stopped`() async throws {
        let broker = FakeBroker(opening: Gate())
        let harness = Harness(PipelineTests.upper, broker: broker)
        let executor = SlotExecutor(threads: 1)
        defer { executor.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await harness.pipeline.run(on: executor) }
            harness.pipeline.drain()
            try await group.waitForAll()
        }
        #expect(broker.events.registry.isEmpty)
    }

    /// Left to the broker, which hands out again what was not acknowledged.
    @Test func `cancellation stops at once`() async throws {
        let begun = Gate()
        let worker = Harness.worker { text, _ in
            begun.open()
            await Gate().wait()
            try Task.checkCancellation()
            return text
        }
        let harness = Harness(worker)
        try await harness.run { harness in
            harness.broker.deliver(Harness.work((1, "runs"), form: .single))
            await begun.wait()
        }
        #expect(harness.broker.events.contains(where: isClosed))
        #expect(harness.broker.events.items.allSatisfy { $0.outcome == .returned })
    }
}
