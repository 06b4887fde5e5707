import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite(.timeLimit(.minutes(1))) struct HeartbeatTests {
    @Test func `a worker registers and then reports each second what it holds`() async throws {
        let (begun, gate) = (Gate(), Gate())
        let worker = Harness.worker { text, _ in
            begun.open()
            await gate.wait()
            return text
        }
        try await Harness(worker, concurrency: 1, prefetch: 7).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            let first = try #require(harness.broker.events.registry.first)
            #expect(first.kind == .register)
            #expect(first.content.worker == "w")
            #expect(first.content.types == [Harness.type])
            #expect(first.content.concurrency == 1 && first.content.prefetch == 7 && first.content.batch)
            harness.broker.deliver(Harness.work((1, "runs"), (2, "waits")))
            await begun.wait()
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.count == 2 }
            let beat = try #require(harness.broker.events.registry.last)
            #expect(beat.kind == .heartbeat)
            #expect(beat.content.running == [RegistryMessage.Held(task: 1, attempt: 1)])
            #expect(beat.content.waiting == [RegistryMessage.Held(task: 2, attempt: 1)])
            #expect(beat.content.held.map(\.proof) == [.of(1), .of(2)])
            #expect(!beat.content.draining)
            #expect(beat.content.progress > first.content.progress)
            gate.open()
            await harness.broker.until { !$0.acknowledged.isEmpty }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.count == 3 }
            let last = try #require(harness.broker.events.registry.last)
            #expect(last.content.running.isEmpty && last.content.waiting.isEmpty)
            #expect(last.content.done == 2)
            #expect(last.content.progress > beat.content.progress)
        }
    }

    @Test func `a worker that is asked speaks within a moment, and from then on at the interval that it was told`() async throws {
        try await Harness(PipelineTests.upper).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            harness.broker.deliver(control: HeartbeatRequest(interval: 5000).message())
            await harness.broker.until { events in
                events.contains { if case .acknowledgedControl = $0 { true } else { false } }
            }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.count == 2 }
            #expect(harness.broker.events.registry.last?.content.interval == 5000)
            // Not before the interval has passed, or the most of it.
            for _ in 0..<4 { harness.clock.advance(by: .seconds(1)) }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.count == 3 }
            harness.broker.deliver(control: HeartbeatRequest(interval: 10).message())
            await harness.broker.until { events in
                events.count { if case .acknowledgedControl = $0 { true } else { false } } == 2
            }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.count == 4 }
            #expect(harness.broker.events.registry.last?.content.interval == 1000, "never more often than it was set up to")
        }
    }

    @Test func `heartbeats are transient and go to the registry`() async throws {
        try await Harness(PipelineTests.upper).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            harness.clock.advance(by: .seconds(1))
            await harness.broker.until { $0.registry.count == 2 }
            let publications = harness.broker.events.publications
            #expect(publications.map(\.routingKey) == ["register.w", "heartbeat.w"])
            #expect(publications.allSatisfy { $0.exchange == "t.registry" && !$0.message.properties.isPersistent })
        }
    }

    @Test func `a worker whose control queue somebody has unbound finds out, and declares it again`() async throws {
        try await Harness(PipelineTests.upper).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            func beat(_ count: Int) async {
                for _ in 0..<count {
                    let before = harness.broker.events.registry.count
                    harness.clock.advance(by: .seconds(1))
                    await harness.broker.until { $0.registry.count > before }
                }
            }
            await beat(10)
            #expect(!harness.broker.events.contains { if case .declaredAgain = $0 { true } else { false } })
            harness.broker.unbindControl()
            await beat(5)
            await harness.broker.until { $0.contains { if case .declaredAgain = $0 { true } else { false } } }
        }
    }
}
