import Foundation
import TaskGridClient
import TaskGridCore

/// A check at the end: what the dispatcher's store says of all that was accepted.
struct StoreCheck: Sendable {
    let client: GridClient

    /// The counters of the run's type, and the ended ones of these tasks; nil where no dispatcher answers within `patience`.
    func run(_ tasks: [TaskID], within patience: Duration, take: (Ending) -> Void) async -> TaskCounts? {
        let deadline = ContinuousClock.now + patience
        var rest = tasks[...]
        while !rest.isEmpty {
            let chunk = Array(rest.prefix(500))
            guard let answer = await ask(EndingsQuery(tasks: chunk), until: deadline) else { return nil }
            for record in answer.ended {
                take(
                    Ending(
                        id: record.id, state: record.status, result: record.result ?? Data(), error: record.error,
                        attempt: record.attempt, worker: record.worker ?? ""
                    )
                )
            }
            rest = rest.dropFirst(max(1, answer.lookedAt ?? chunk.count))
        }
        var next: TaskType?
        repeat {
            guard let counters = await ask(CountsQuery(after: next), until: deadline) else { return nil }
            if let counts = counters.types[NumberedTask.type] { return counts }
            next = counters.next
        } while next != nil
        return TaskCounts()
    }

    private func ask<Asked: Query>(_ query: Asked, until deadline: ContinuousClock.Instant) async -> Asked.Answer? {
        while ContinuousClock.now < deadline {
            do {
                return try await client.ask(query)
            } catch {
                guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return nil }
            }
        }
        return nil
    }
}
