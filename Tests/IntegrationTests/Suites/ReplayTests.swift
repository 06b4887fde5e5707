import Foundation
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TestSupport
import Testing

@Suite("Tasks that are done again on request", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct ReplayTests {
    private let type = TaskType(literal: "mended")
    private let payload = Data("x".utf8)

    /// A worker that refuses everything until it is mended.
    private func worker(_ runs: Journal<RecordedRun>, _ mended: Latch) -> any TaskWorker {
        runs.worker(type) { text, _ in
            guard mended.isOpen else { throw TaskError(.invalidInput, "broken \(text)") }
            return text
        }
    }

    @Test func `a failed, a cancelled and an expired task are retried on request`() async throws {
        try await Grid.run { grid in
            let (runs, mended) = (Journal<RecordedRun>(), Latch())
            _ = try await grid.startWorkers([worker(runs, mended)])
            let client = grid.client
            let failed = try await client.run(type, payload: payload, within: .seconds(60))
            #expect(failed.state == .failed)
            let cancelled = try await client.submit(type, payload: payload, options: TaskOptions(TaskSettings(delay: .seconds(3600))))
            #expect(try await client.cancel([cancelled]).map(\.outcome) == [.done])
            let expired = try await client.submit(
                type, payload: payload, options: TaskOptions(TaskSettings(delay: .seconds(3600), expiry: .milliseconds(1)))
            )
            #expect(try await client.outcome(of: expired, within: .seconds(60)).state == .expired)
            let ids = [failed.id, cancelled, expired]
            mended.open()
            let outcomes = try await client.retry(ids)
            #expect(outcomes.map(\.outcome) == [.done, .done, .done])
            #expect(outcomes.map(\.state) == [.failed, .cancelled, .expired])
            for id in ids {
                let ending = try await client.outcome(of: id, within: .seconds(60))
                #expect(ending.state == .succeeded && ending.result == payload)
            }
            #expect(runs.attempts == [failed.id: [1, 2], cancelled: [1], expired: [1]])
            // A success stays what it is.
            #expect(try await client.retry([failed.id]) == [.init(id: failed.id, outcome: .refused, state: .succeeded)])
            let counters = try await grid.counters(type)
            #expect(counters.succeeded == 3 && counters.submitted == 3 && counters.balances)
        }
    }

    @Test func `all failed tasks of a type are retried over several pages`() async throws {
        try await Grid.run { grid in
            let (runs, mended) = (Journal<RecordedRun>(), Latch())
            let other = TaskType(literal: "other")
            let broken = TaskDefinition(other, input: .text, output: .text).worker { _, _ in throw TaskError(.invalidInput, "never") }
            _ = try await grid.startWorkers([worker(runs, mended), broken])
            let client = grid.client
            #expect(try await client.run(other, payload: payload, within: .seconds(60)).state == .failed)
            let submitted = try await client.submitAndWatch(type, payloads: (0..<2500).map(String.init).payloads, within: .seconds(100))
            for try await ending in submitted.endings { #expect(ending.state == .failed) }

            let filter = TaskFilter(type: type)
            var failed = filter
            failed.state = .failed
            #expect(try await client.count(matching: failed) == 2500)
            let listed = try await client.failed(matching: filter, limit: 3000)
            #expect(listed.map(\.id) == submitted.ids.reversed())
            #expect(listed.last?.error == TaskError(.invalidInput, "broken 0"))
            let first = try #require(listed.compactMap(\.completed).min())
            let text = TaskFilter(type: type, completedSince: first, text: "BROKEN 24")
            #expect(try await client.failed(matching: text, limit: 1000).count == 111)

            mended.open()
            #expect(try await client.retry(matching: text) == 111)
            #expect(try await client.retry(matching: filter) == 2389)
            for try await ending in client.endings(of: submitted.ids, within: .seconds(60)) { #expect(ending.state == .succeeded) }
            #expect(runs.attempts.values.allSatisfy { $0 == [1, 2] })
            let counters = try await grid.counters(type)
            #expect(counters.succeeded == 2500 && counters.submitted == 2500 && counters.balances)
            #expect(try await grid.counters(other).failed == 1)
            #expect(try await client.failed().map(\.type) == [other])
        }
    }

    @Test func `tasks are retried on request after a restart of the dispatcher`() async throws {
        try await Grid.run { grid in
            let (runs, mended) = (Journal<RecordedRun>(), Latch())
            _ = try await grid.startWorkers([worker(runs, mended)])
            let failed = try await grid.client.run(type, payload: payload, within: .seconds(60))
            mended.open()
            try await grid.killDispatcher()
            try await grid.startDispatcher()
            #expect(try await grid.client.retry([failed.id]).map(\.outcome) == [.done])
            #expect(try await grid.client.outcome(of: failed.id, within: .seconds(60)).state == .succeeded)
            #expect(runs.attempts == [failed.id: [1, 2]])
            #expect(try await grid.counters(type).balances)
        }
    }
}
