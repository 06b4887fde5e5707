import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("The dispatcher comes back", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct RestartTests {
    private let type = TaskType(literal: "echo")

    @Test func `the same idempotency key is accepted once across a restart`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            _ = try await grid.startWorkers([runs.worker(type)])
            let options = TaskOptions(key: "order 4711")
            let ids = try await grid.client.submit(type, payloads: ["a", "b"].payloads, options: options)
            #expect(try await grid.client.submit(type, payloads: ["a", "b"].payloads, options: options) == ids)
            for id in ids { _ = try await grid.client.outcome(of: id, within: .seconds(60)) }

            try await grid.stopDispatcher()
            try await grid.startDispatcher()
            #expect(try await grid.client.submit(type, payloads: ["a", "b"].payloads, options: options) == ids)
            let again = try await GridClient.withClient(endpoint: grid.endpoint, topology: grid.topology, logger: grid.logger) {
                try await $0.submit(type, payloads: ["a", "b"].payloads, options: options)
            }
            #expect(again == ids)
            let counters = try await grid.counters(type)
            #expect(counters.submitted == 2)
            #expect(counters.succeeded == 2)
            #expect(runs.attempts == [ids[0]: [1], ids[1]: [1]])
        }
    }

    /// How the dispatcher goes away.
    enum Way: CaseIterable { case stopped, cancelled }

    @Test(arguments: Way.allCases)
    func `pending, scheduled and queued tasks end across a restart`(_ way: Way) async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let gate = Latch()
            let early = TaskType(literal: "early")
            _ = try await grid.startWorkers(
                [
                    runs.worker(type) { text, _ in
                        try await gate.wait()
                        return text
                    },
                    runs.worker(early),
                ], concurrency: 2, prefetch: 8
            )
            let ended = try await grid.client.run(early, payloads: ["x", "y"].payloads, within: .seconds(60))
            let texts = (0..<300).map(String.init)
            let submitted = try await grid.client.submitAndWatch(type, payloads: texts.payloads, within: .seconds(100))
            let late = try await grid.client.submitAndWatch(
                type, payloads: ["late"].payloads, options: TaskOptions(TaskSettings(delay: .seconds(5))), within: .seconds(100)
            )
            let due = try #require(try await grid.client.status(late.ids[0]).due)
            #expect(try await grid.client.status(late.ids[0]).status == .scheduled)
            try await runs.begun(4)
            let counters = try await grid.counters(type)
            #expect(counters.pending > 0)
            #expect(counters.scheduled == 1)
            #expect(counters.queued + counters.running > 2)
            #expect(counters.balances)

            switch way {
            case .stopped: try await grid.stopDispatcher()
            case .cancelled: try await grid.killDispatcher()
            }
            // The tasks that the workers hold end while there is no dispatcher: its results wait in their queue.
            gate.open()
            try await runs.begun(2 + counters.queued + counters.running)
            try await grid.startDispatcher()

            var endings: [TaskID: Ending] = [:]
            for try await ending in submitted.endings { endings[ending.id] = ending }
            #expect(submitted.ids.map { endings[$0]?.result.text } == texts)
            for try await ending in late.endings { #expect(ending.result.text == "late") }
            let begun = try #require(runs.entries.first { $0.payload == "late" })
            #expect(begun.at >= due)

            // Everything ran once, and what had ended before is still known.
            #expect(runs.attempts.count == 303)
            #expect(runs.attempts.values.allSatisfy { $0 == [1] })
            for ending in ended { #expect(try await grid.client.result(ending.id)?.result == ending.result) }
            let final = try await grid.client.counts().values.reduce(TaskCounts(), +)
            #expect(final.submitted == 303)
            #expect(final.succeeded == 303)
            #expect(final.balances)
        }
    }

    @Test func `a second dispatcher stands by and takes over`() async throws {
        try await Grid.run { grid in
            let (second, isReady) = try await grid.launchDispatcher()
            try await grid.refusedDispatcher()

            // All of this happens after the second one has opened the store.
            let runs = Journal<RecordedRun>()
            let gate = Latch()
            _ = try await grid.startWorkers(
                [
                    runs.worker(type) { text, _ in
                        try await gate.wait()
                        return text
                    }
                ], concurrency: 2
            )
            let texts = (0..<200).map(String.init)
            let submitted = try await grid.client.submitAndWatch(type, payloads: texts.payloads, within: .seconds(100))
            try await runs.begun(2)
            #expect(!isReady.isOpen)

            try await grid.stopDispatcher()
            try await isReady.wait()
            #expect(try await grid.counters(type).submitted == 200)
            gate.open()
            var endings: [TaskID: Ending] = [:]
            for try await ending in submitted.endings { endings[ending.id] = ending }
            #expect(submitted.ids.map { endings[$0]?.result.text } == texts)
            #expect(runs.attempts.values.allSatisfy { $0 == [1] })
            let counters = try await grid.counters(type)
            #expect(counters.succeeded == 200)
            #expect(counters.balances)
            try await second.stop()
        }
    }

    @Test func `a dispatcher that stands by stops when it is told to`() async throws {
        try await Grid.run { grid in
            let (second, isReady) = try await grid.launchDispatcher()
            try await grid.refusedDispatcher()
            try await second.stop()
            #expect(!isReady.isOpen)
            #expect(try await grid.client.counts().isEmpty)
        }
    }
}
