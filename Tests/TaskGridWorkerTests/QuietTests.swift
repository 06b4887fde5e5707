import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite("A worker that is asked to be quiet, to resume and to stop", .timeLimit(.minutes(1))) struct QuietTests {
    private func isPaused(_ event: FakeBroker.Event) -> Bool { if case .paused = event { true } else { false } }
    private func isResumed(_ event: FakeBroker.Event) -> Bool { if case .resumed = event { true } else { false } }
    private func isClosed(_ event: FakeBroker.Event) -> Bool { if case .closed = event { true } else { false } }

    @Test func `a quiet worker gives back what waits, finishes what runs, says so, and takes tasks again when it is asked`() async throws {
        let (begun, gate) = (Gate(), Gate())
        let worker = Harness.worker { text, _ in
            if text == "runs" {
                begun.open()
                await gate.wait()
            }
            return text
        }
        try await Harness(worker, concurrency: 1).run { harness in
            harness.broker.deliver(Harness.work((1, "runs"), form: .single), Harness.work((2, "waits"), form: .single))
            await begun.wait()
            harness.broker.deliver(control: WorkerRequest.quiet.message())
            await harness.broker.until { $0.items.contains { $0.id == 2 } && $0.contains(where: self.isPaused) }
            #expect(harness.broker.events.items.map(\.outcome) == [.returned])
            await harness.broker.until { $0.registry.last?.content.quiet == true }
            // It was on its way.
            harness.broker.deliver(Harness.work((3, "late"), form: .single))
            await harness.broker.until { $0.items.contains { $0.id == 3 && $0.outcome == .returned } }
            gate.open()
            await harness.broker.until { $0.items.contains { $0.outcome == .succeeded(Data("runs".utf8)) } }

            harness.broker.deliver(control: WorkerRequest.resume.message())
            await harness.broker.until { $0.contains(where: self.isResumed) && $0.registry.last?.content.quiet == false }
            harness.broker.deliver(Harness.work((4, "again"), form: .single))
            await harness.broker.until { $0.items.contains { $0.outcome == .succeeded(Data("again".utf8)) } }
        }
    }

    @Test func `a worker that is asked to stop drains`() async throws {
        try await Harness(PipelineTests.upper).run { harness in
            await harness.broker.until { !$0.registry.isEmpty }
            harness.broker.deliver(control: WorkerRequest.stop.message())
            await harness.broker.until { $0.contains(where: self.isClosed) }
            #expect(harness.broker.events.registry.last?.kind == .deregister)
        }
    }
}
