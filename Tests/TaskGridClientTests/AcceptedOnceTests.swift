import AMQP
import Foundation
import Synchronization
import TaskGridCore
import TestSupport
import Testing

@testable import TaskGridClient

/// Submits through a broker that loses publishes, confirms and replies at random, to a dispatcher that keeps what it took by
/// key: every task is done once, and every caller learns of it.
struct AcceptedOnceTests {
    /// The dispatcher's counters, shared with the broker.
    private final class Shared: Sendable {
        private let counters: Mutex<Counters>

        init(seed: UInt64) { counters = Mutex(Counters(generator: Seeded(seed: seed))) }

        func withLock<Value: Sendable>(_ body: (inout Counters) -> Value) -> Value { counters.withLock { body(&$0) } }
    }

    /// Accepts by key, as the dispatcher does.
    private struct Counters: Sendable {
        var first: [String: TaskID] = [:]
        var payloads: [TaskID: Data] = [:]
        var generator: Seeded

        mutating func accept(_ submission: Submission) -> TaskID {
            if let id = first[submission.key] { return id }
            let id = TaskID(Int64(payloads.count + 1))
            first[submission.key] = id
            for (offset, task) in submission.tasks.enumerated() { payloads[id.advanced(by: offset)] = task.payload }
            return id
        }

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
    }

    @Test(.timeLimit(.minutes(2)), arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `every task is accepted once`(seed: UInt64) async throws {
        let counters = Shared(seed: seed)
        let time = TestTime()
        let transport = FakeTransport { _ in
            counters.withLock { counters in
                if counters.chance(15) { return .error(.connectionLost) }
                if counters.chance(5) { return .outcome(.nacked) }
                return .outcome(.confirmed)
            }
        }
        let payloads = (0..<200).map { Data("payload \($0)") }
        try await GridClient.onFake(transport, time: time, bounds: MessageBounds(tasks: 7, size: 1000)) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                // The broker and the dispatcher. Time passes with each message, and repeats come with it.
                group.addTask {
                    for await publication in transport.publications {
                        Self.answer(publication, counters, transport)
                        time.advance(by: .milliseconds(300))
                        client.lookAtTime()
                    }
                }
                // If all have been lost, nothing is published any more: time passes all the same.
                group.addTask {
                    while !Task.isCancelled {
                        time.advance(by: .milliseconds(100))
                        client.lookAtTime()
                        await Task.yield()
                    }
                }
                let endings = try await withThrowingTaskGroup(of: (Int, Ending).self) { callers in
                    for (index, payload) in payloads.enumerated() {
                        callers.addTask {
                            let options = TaskOptions(deadline: .seconds(1_000_000))
                            return (index, try await client.run(.reverse, payload: payload, options: options, within: .seconds(10_000_000)))
                        }
                    }
                    return try await callers.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                group.cancelAll()
                await client.close()
                let accepted = counters.withLock { $0.payloads }
                #expect(accepted.count == payloads.count, "seed \(seed)")
                for (index, payload) in payloads.enumerated() {
                    #expect(endings[index]?.result == Data(payload.reversed()), "seed \(seed), payload \(index)")
                }
            }
        }
    }

    private static func answer(_ publication: Publication, _ counters: Shared, _ transport: FakeTransport) {
        counters.withLock { counters in
            if publication.exchange == "test.rpc" {
                guard !counters.chance(20), let query = try? JSON.decode(EndingsQuery.self, publication.message.body) else { return }
                let ended = query.tasks.map { id in
                    TaskRecord(
                        id: id, type: .reverse, payload: Data(), result: counters.payloads[id].map { Data($0.reversed()) },
                        status: .succeeded, created: .now(), settings: TaskSettings(maxAttempts: 1), key: ""
                    )
                }
                let answer = EndingsQuery.Answer(ended: ended, unknown: [])
                transport.deliver(AnswerMessage.message(.success(answer), to: publication.message))
                return
            }
            // Lost on the way, or taken though its confirm was lost.
            guard !counters.chance(10), let submission = try? Submission(publication.message) else { return }
            let first = counters.accept(submission)
            let endings = submission.tasks.enumerated().map { offset, task in
                Ending(id: first.advanced(by: offset), state: .succeeded, result: Data(task.payload.reversed()), attempt: 1)
            }
            let ended = Reply(form: .batch, type: .reverse, correlation: nil, content: .ended(endings)).message()
            let accepted = Reply(
                form: .single, type: .reverse, correlation: submission.correlation,
                content: .accepted(first: first, count: submission.tasks.count)
            ).message()
            let isEarly = counters.chance(30)
            if isEarly, !counters.chance(20) { transport.deliver(ended) }
            if !counters.chance(15) { transport.deliver(accepted) }
            if !isEarly, !counters.chance(20) { transport.deliver(ended) }
        }
    }
}
