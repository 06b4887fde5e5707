import Foundation
import Synchronization
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite(.timeLimit(.minutes(1))) struct RecentCancelsTests {
    private func held(_ id: Int, _ attempt: Int = 1) -> RegistryMessage.Held {
        RegistryMessage.Held(task: TaskID(Int64(id)), attempt: attempt)
    }

    @Test func `the latest cancellations are remembered`() {
        var cancels = RecentCancels()
        #expect(cancels.isEmpty)
        cancels.add((1...RecentCancels.capacity).map { held($0) })
        cancels.add([held(2), held(RecentCancels.capacity + 1)])
        #expect(!cancels.contains(held(1)) && cancels.contains(held(2)) && cancels.contains(held(RecentCancels.capacity + 1)))
        #expect(!cancels.contains(held(2, 2)), "another attempt is another matter")
        cancels.add((20_000..<40_000).map { held($0) })
        #expect(!cancels.contains(held(29_999)) && cancels.contains(held(30_000)))
    }

    /// The request comes before the deliveries that it is about: those attempts are answered and not run, their neighbours run.
    @Test func `a task that comes after its cancellation is not run`() async throws {
        let runs = Runs()
        let worker = Harness.worker { text, _ in
            runs.add(text)
            return text
        }
        try await Harness(worker, concurrency: 1).run { harness in
            let request = harness.broker.deliver(control: CancelRequest(tasks: [held(1), held(3)]).message())
            await harness.broker.until { events in
                events.contains { if case .acknowledgedControl([request]) = $0 { true } else { false } }
            }
            let tags = harness.broker.deliver(
                Harness.work((1, "cancelled"), form: .single), Harness.work((2, "runs"), (3, "cancelled too"), (4, "runs too"))
            )
            await harness.broker.until { Set($0.acknowledged) == Set(tags) }
            let outcomes = Dictionary(uniqueKeysWithValues: harness.broker.events.items.map { ($0.id, $0.outcome) })
            #expect(
                outcomes == [
                    1: SlotTable.cancelled, 2: .succeeded(Data("runs".utf8)), 3: SlotTable.cancelled, 4: .succeeded(Data("runs too".utf8)),
                ]
            )
            #expect(runs.texts == ["runs", "runs too"])
        }
    }
}

/// The tasks that a worker ran, in order.
private final class Runs: Sendable {
    private let state = Mutex<[String]>([])

    var texts: [String] { state.withLock { $0 } }

    func add(_ text: String) { state.withLock { $0.append(text) } }
}
