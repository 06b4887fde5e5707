import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Workers that go away", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct LeavingWorkerTests {
    private let type = TaskType(literal: "echo")

    @Test func `a worker that vanishes leaves its tasks to others`() async throws {
        try await Grid.run { grid in
            let (first, second) = (Journal<RecordedRun>(), Journal<RecordedRun>())
            let never = Latch()
            let texts = (0..<10).map(String.init)
            let (vanishing, _, submitted) = try await loaded(grid, first, behind: never, concurrency: 4, texts)
            let (_, secondID) = try await grid.startWorkers([second.worker(type)])
            try await vanishing.kill()

            let endings = try await collect(submitted)
            #expect(submitted.ids.map { endings[$0]?.result.text } == texts)
            #expect(endings.values.allSatisfy { $0.worker == secondID })
            // Each once to its end; those that the first one held as a new attempt.
            #expect(second.attempts.values.map(\.count) == Array(repeating: 1, count: 10))
            #expect(submitted.ids.prefix(8).map { endings[$0]?.attempt } == Array(repeating: 2, count: 8))
            // Its end may have given one back before the connection was closed, and the broker have put another in that one's place.
            for id in submitted.ids.suffix(2) { #expect([1, 2].contains(endings[id]?.attempt)) }
            #expect(first.attempts.values.allSatisfy { $0 == [1] })
            #expect(first.attempts.count == 4)
        }
    }

    @Test func `a worker whose connections break is found gone`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let plain = PlainWorker(grid, type: type)
            let submitted = Journal<Submitted>()
            try await plain.run { plain in
                try await plain.tell("register", interval: 60_000)
                try await grid.knows(type)
                submitted.add(try await grid.client.submitAndWatch(type, payloads: ["a", "b", "c"].payloads, within: .seconds(100)))
                try await plain.work.wait(beyond: 2)
                // By its heartbeat it runs them, and its lease lasts minutes longer.
                try await plain.tell("heartbeat", interval: 60_000, running: plain.work.entries)
                try await grid.until { try await grid.counters(type).running == 3 }
                _ = try await grid.startWorkers([runs.worker(type)])
            }
            let endings = try await collect(submitted.entries[0])
            #expect(endings.values.map(\.state) == [.succeeded, .succeeded, .succeeded])
            #expect(endings.values.map(\.attempt) == [2, 2, 2])
            #expect(runs.attempts.values.allSatisfy { $0 == [2] })
        }
    }

    @Test func `a worker that lives keeps its task`() async throws {
        try await Grid.run { grid in
            try await PlainWorker(grid, type: type).run { plain in
                try await plain.tell("register", interval: 60_000)
                try await grid.knows(type)
                let submitted = try await grid.client.submitAndWatch(type, payloads: ["a"].payloads, within: .seconds(100))
                try await plain.work.wait(beyond: 0)
                try await plain.tell("heartbeat", interval: 60_000, running: plain.work.entries)
                try await grid.until { try await grid.counters(type).running == 1 }
                // As another worker says to which the broker gave the message again, though the first is still at it.
                try await plain.answer(plain.work.entries[0], "interrupted")
                try await plain.answer(plain.work.entries[0], "succeeded", "A")
                let endings = try await collect(submitted)
                #expect(endings[submitted.ids[0]]?.result.text == "A")
                #expect(endings[submitted.ids[0]]?.attempt == 1)
                #expect(plain.work.count == 1)
            }
        }
    }

    @Test func `a worker that dies loses its task though the broker had requeued the message before`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let submitted = Journal<Submitted>()
            try await PlainWorker(grid, type: type).run { plain in
                try await plain.tell("register", interval: 60_000)
                try await grid.knows(type)
                submitted.add(try await grid.client.submitAndWatch(type, payloads: ["a", "b"].payloads, within: .seconds(100)))
                try await plain.work.wait(beyond: 1)
                try await plain.tell("heartbeat", interval: 60_000, running: plain.work.entries)
                try await grid.until { try await grid.counters(type).running == 2 }
                // It lives, so this changes nothing; but the broker has nothing more to give to anyone.
                try await plain.answer(plain.work.entries[0], "interrupted")
                try await plain.answer(plain.work.entries[1], "succeeded", "B")
                // The results came in order: the first has been dealt with.
                for try await ending in submitted.entries[0].endings {
                    #expect(ending.result.text == "B")
                    break
                }
                _ = try await grid.startWorkers([runs.worker(type)])
                #expect(plain.work.count == 2)
            }
            let ending = try await grid.client.outcome(of: submitted.entries[0].ids[0], within: .seconds(100))
            #expect(ending.state == .succeeded)
            #expect(ending.attempt == 2)
            #expect(runs.attempts == [ending.id: [2]])
        }
    }

    @Test func `a worker that drains gives back the tasks that it has not begun`() async throws {
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let gate = Latch()
            let texts = (0..<8).map(String.init)
            let (draining, firstID, submitted) = try await loaded(grid, runs, behind: gate, concurrency: 1, texts)
            let (_, secondID) = try await grid.startWorkers([runs.worker(type)])
            await draining.tell()

            var endings: [Ending] = []
            for try await ending in submitted.endings {
                endings.append(ending)
                // The other seven ended elsewhere while the first one had yet to finish.
                if endings.count == 7 { gate.open() }
            }
            #expect(endings.prefix(7).allSatisfy { $0.worker == secondID })
            #expect(endings.last?.worker == firstID)
            #expect(endings.last?.attempt == 1)
            #expect(Set(endings.map(\.result.text)) == Set(texts))
            #expect(runs.entries.count == 8)
            #expect(runs.attempts.count == 8)
            try await draining.stop()
            let left = try await grid.probe.event(WorkerEvent.self) { $0.kind == .left && $0.worker.worker == firstID }
            #expect(left.reason == .deregistered)
        }
    }

    /// A worker that holds eight tasks: it has begun as many as it may at a time, and they wait for the latch.
    private func loaded(
        _ grid: Grid, _ runs: Journal<RecordedRun>, behind latch: Latch, concurrency: Int, _ texts: [String]
    ) async throws -> (worker: Running, id: String, submitted: Submitted) {
        let waiting = runs.worker(type) { text, _ in
            try await latch.wait()
            return text
        }
        let (worker, id) = try await grid.startWorkers([waiting], concurrency: concurrency, prefetch: 8)
        let submitted = try await grid.client.submitAndWatch(
            type, payloads: texts.payloads, options: TaskOptions(TaskSettings(maxAttempts: 1)), within: .seconds(100)
        )
        try await grid.until { try await holds(id, running: concurrency, waiting: 8 - concurrency, grid) }
        return (worker, id, submitted)
    }

    private func collect(_ submitted: Submitted) async throws -> [TaskID: Ending] {
        var endings: [TaskID: Ending] = [:]
        for try await ending in submitted.endings { endings[ending.id] = ending }
        return endings
    }

    /// Whether the worker says that it holds so many tasks.
    private func holds(_ worker: String, running: Int, waiting: Int, _ grid: Grid) async throws -> Bool {
        try await grid.client.workers(type).contains {
            $0.worker.worker == worker && $0.worker.running.count == running && $0.worker.waiting.count == waiting
        }
    }
}
