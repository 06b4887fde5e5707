import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite(.timeLimit(.minutes(1))) struct EndsFromOutsideTests {
    @Test func `a timeout ends an attempt and cancels it`() async throws {
        let (begun, cancelled) = (Gate(), Gate())
        let worker = Harness.worker { text, context in
            if text == "slow" {
                #expect(context.deadline != nil)
                begun.open()
                await Gate().wait()
                if context.isCancelled { cancelled.open() }
                try context.checkCancellation()
            }
            return context.isCancelled ? "cancelled" : "fine"
        }
        try await Harness(worker, concurrency: 1).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "slow"), (2, "next"), timeout: .seconds(10)))
            await begun.wait()
            harness.clock.advance(by: .seconds(10))
            await cancelled.wait()
            // The slot goes on with the next item, which nobody cancelled.
            await harness.broker.until { $0.acknowledged == tags }
            #expect(
                harness.broker.events.items.map(\.outcome) == [
                    .failed(TaskError(.timedOut, "ran longer than the 10000 ms that it may")), .succeeded(Data("fine".utf8)),
                ])
            #expect(harness.broker.events.items[0].runTime == .seconds(10))
        }
    }

    /// An earlier deadline than the one that the alarm is set to is heeded.
    @Test func `the earliest deadline comes first`() async throws {
        let begun = [Gate(), Gate()]
        let worker = Harness.worker { text, _ in
            begun[Int(text)!].open()
            await Gate().wait()
            return text
        }
        try await Harness(worker, concurrency: 2).run { harness in
            harness.broker.deliver(Harness.work((1, "0"), form: .single, timeout: .seconds(100)))
            await begun[0].wait()
            let second = harness.broker.deliver(Harness.work((2, "1"), form: .single, timeout: .seconds(5)))
            await begun[1].wait()
            harness.clock.advance(by: .seconds(5))
            await harness.broker.until { $0.acknowledged == second }
            harness.clock.advance(by: .seconds(95))
            await harness.broker.until { $0.acknowledged.count == 2 }
        }
    }

    /// Code that does not heed its cancellation holds up its slot and nothing else.
    @Test func `a stuck task is reported and its neighbours run elsewhere`() async throws {
        let (begun, stuck) = (Gate(), Gate(heedsCancellation: false))
        let worker = Harness.worker { text, _ in
            if text == "stuck" {
                begun.open()
                await stuck.wait()
            }
            return text
        }
        try await Harness(worker, concurrency: 2).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "stuck"), (2, "fine"), timeout: .seconds(10)))
            await begun.wait()
            harness.clock.advance(by: .seconds(10))
            await harness.broker.until { $0.acknowledged == tags }
            #expect(harness.broker.events.items.count == 2)
            stuck.open()
        }
    }

    @Test func `a task is cancelled on request`() async throws {
        let begun = Gate()
        let worker = Harness.worker { text, _ in
            begun.open()
            await Gate().wait()
            return text
        }
        try await Harness(worker, concurrency: 1).run { harness in
            let tags = harness.broker.deliver(Harness.work((1, "runs"), form: .single), Harness.work((2, "waits"), form: .single))
            await begun.wait()
            let request = CancelRequest(tasks: [1, 2, 3].map { RegistryMessage.Held(task: $0, attempt: 1) })
            harness.broker.deliver(control: request.message())
            await harness.broker.until { Set($0.acknowledged) == Set(tags) }
            #expect(Set(harness.broker.events.items.map(\.id)) == [1, 2])
            #expect(harness.broker.events.items.allSatisfy { $0.outcome == .failed(TaskError(.cancelled, "cancelled on request")) })
            // They have not failed.
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.last?.content.running.isEmpty == true && $0.registry.last?.kind == .heartbeat }
            #expect(harness.broker.events.registry.last?.content.failed == 0)
        }
    }

    @Test func `a cancel request is JSON`() throws {
        let request = CancelRequest(tasks: [RegistryMessage.Held(task: 7, attempt: 2)])
        #expect(String(decoding: request.message().body, as: UTF8.self) == #"{"tasks":[[7,2]]}"#)
        #expect(try CancelRequest(request.message()) == request)
    }

    @Test func `a malformed request goes to the dead-letter queue, and an unknown one is ignored`() async throws {
        try await Harness(PipelineTests.upper).run { harness in
            var bad = CancelRequest(tasks: []).message()
            bad.body = Data("{}".utf8)
            let first = harness.broker.deliver(control: bad)
            let second = harness.broker.deliver(control: Message(properties: BasicProperties(type: "dance")))
            await harness.broker.until { events in
                events.contains { if case .acknowledgedControl([second]) = $0 { true } else { false } }
            }
            #expect(harness.broker.events.contains { if case .acknowledgedControl([first]) = $0 { true } else { false } })
            #expect(harness.broker.events.dead.count == 1)
        }
    }
}
