import Synchronization
import TaskGrid
import TaskGridTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct TestGridTests {
    private let greet = TaskDefinition<String, String>("greet")

    private var greeter: any TaskWorker {
        greet.worker { name, _ in
            guard !name.isEmpty else { throw TaskError(.invalidInput, "nobody to greet") }
            return "Hello, \(name)!"
        }
    }

    @Test func `a worker runs from payload bytes to result bytes, and from input to output`() async throws {
        let worker = greet.worker { name, context in "\(name) \(context.attempt)" }
        #expect(try await worker.test(payload: Data("né".utf8)) == Data("né 1".utf8))
        #expect(try await worker.test("né", context: .test(of: greet.type, attempt: 2)) == "né 2")
        let error = await #expect(throws: TaskError.self) { try await worker.test(payload: Data([0xFF])) }
        #expect(error?.code == .invalidInput)
    }

    @Test func `submissions are recorded, and stay pending where no worker runs them`() async throws {
        let grid = TestGrid()
        try await grid.withClient { client in
            let id = try await client.submit(greet, "world", options: TaskOptions(TaskSettings(maxAttempts: 5), key: "once"))
            #expect(try await client.submit(greet, "world", options: TaskOptions(TaskSettings(maxAttempts: 5), key: "once")) == id)
            _ = try await client.submit(greet, each: ["a", "b"])
            #expect(try await client.status(id).status == .pending)
        }
        #expect(try grid.submissions.map { try $0.input(of: greet) } == ["world", "a", "b"])
        #expect(grid.submissions.first?.settings.maxAttempts == 5)
        #expect(grid.submissions.first?.key == "once")
    }

    @Test func `tasks run in place, and their ends reach the client`() async throws {
        let grid = TestGrid { greeter }
        try await grid.withClient { client in
            #expect(try await client.run(greet, "world") == "Hello, world!")
            let error = await #expect(throws: ClientError.self) { try await client.run(greet, "") }
            #expect(error?.ending?.error == TaskError(.invalidInput, "nobody to greet"))
            let id = try await client.submit(greet, "again")
            #expect(try await client.result(of: id, as: greet) == "Hello, again!")
            let many = try await client.run(greet, each: (1...1000).map { "\($0)" })
            #expect(try many.map { try $0.get() } == (1...1000).map { "Hello, \($0)!" })
        }
    }

    @Test func `a task that fails is tried again, up to its attempts`() async throws {
        let attempts = Mutex<[Int]>([])
        let grid = TestGrid {
            greet.worker { name, context in
                attempts.withLock { $0.append(context.attempt) }
                guard context.attempt > 2 else { throw TaskError(.failed, "not yet") }
                return name
            }
        }
        try await grid.withClient { client in
            let output = try await client.run(greet, "x")
            #expect(output == "x")
            let options = TaskOptions(TaskSettings(maxAttempts: 2))
            let error = await #expect(throws: ClientError.self) { try await client.run(greet, "x", options: options) }
            #expect(error?.ending?.error?.message == "not yet")
        }
        #expect(attempts.withLock { $0 } == [1, 2, 3, 1, 2])
    }

    @Test func `delays, timeouts and pauses pass as the test moves the clock`() async throws {
        let clock = TestClock()
        let grid = TestGrid(clock: clock) {
            greet.worker { name, context in
                if context.attempt == 1 { try await untilCancelled() }
                return name
            }
        }
        try await grid.withClient { client in
            let settings = TaskSettings(
                backoff: Backoff(base: .seconds(10), ceiling: .seconds(10)), timeout: .seconds(5), delay: .seconds(60))
            let id = try await client.submit(greet, "late", options: TaskOptions(settings))
            await clock.sleepers(1)
            clock.advance(by: .seconds(59))
            #expect(try await client.status(id).status == .pending)
            clock.advance(by: .seconds(1))
            // The timeout of the first attempt.
            await clock.sleepers(1)
            clock.advance(by: .seconds(5))
            // The pause before the second attempt, once the first has heeded its cancellation.
            await clock.sleepers(1)
            clock.advance(by: .seconds(10))
            #expect(try await client.result(of: id, as: greet) == "late")
            #expect(try await client.status(id).attempt == 2)
        }
    }

    @Test func `a task that begins too late ends as expired`() async throws {
        let clock = TestClock()
        let grid = TestGrid(clock: clock) { greeter }
        try await grid.withClient { client in
            let settings = TaskSettings(delay: .seconds(60), expiry: .seconds(30))
            let id = try await client.submit(greet, "late", options: TaskOptions(settings))
            await clock.sleepers(1)
            clock.advance(by: .seconds(60))
            let error = await #expect(throws: ClientError.self) { try await client.result(of: id, as: greet) }
            #expect(error?.ending?.state == .expired)
        }
    }
}

/// Ends with the task's cancellation, and not by itself.
private func untilCancelled() async throws {
    let (nothing, continuation) = AsyncStream.makeStream(of: Void.self)
    for await _ in nothing {}
    continuation.finish()
    try Task.checkCancellation()
}
