import Synchronization
import TaskGrid
import TaskGridTesting
import Testing

/// Notes what passes it, and marks it.
private struct Marking: SubmitInterceptor, RunInterceptor {
    let name: String
    let notes: Notes

    final class Notes: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    func intercept(_ submission: ClientSubmission, next: NextSubmit) async throws(ClientError) -> [Result<TaskID, ClientError>] {
        notes.add("\(name) submits \(submission.payloads.count)")
        var submission = submission
        submission.payloads = submission.payloads.map { $0 + Data(name.utf8) }
        let receipts = try await next(submission)
        notes.add("\(name) has \(receipts.count)")
        return receipts
    }

    func intercept(_ payload: Data, context: TaskContext, next: NextRun) async throws -> Data {
        notes.add("\(name) runs")
        let result = try await next(payload + Data(name.utf8), context)
        notes.add("\(name) ran")
        return result + Data(name.utf8)
    }
}

@Suite(.timeLimit(.minutes(1))) struct InterceptorTests {
    private let echo = TaskDefinition<String, String>("echo")
    private let notes = Marking.Notes()

    private func markings(_ names: String...) -> [Marking] { names.map { Marking(name: $0, notes: notes) } }

    @Test func `the first interceptor of a client sees a submission first and its receipts last`() async throws {
        let grid = TestGrid()
        try await grid.withClient(interceptors: markings("a", "b")) { client in
            _ = try await client.submit(echo, "x")
            _ = try await client.submitEach(echo.type, payloads: [Data("y".utf8), Data("z".utf8)])
        }
        #expect(notes.all == ["a submits 1", "b submits 1", "b has 1", "a has 1", "a submits 2", "b submits 2", "b has 2", "a has 2"])
        #expect(try grid.submissions.map { try $0.input(of: echo) } == ["xab", "yab", "zab"])
    }

    @Test func `an interceptor of a client may refuse`() async throws {
        struct Refusing: SubmitInterceptor {
            func intercept(_ submission: ClientSubmission, next: NextSubmit) async throws(ClientError) -> [Result<TaskID, ClientError>] {
                throw ClientError(.badArgument, "not today")
            }
        }
        let grid = TestGrid { echo.worker { text, _ in text } }
        _ = try await grid.withClient(interceptors: [Refusing()]) { client in
            await #expect(throws: ClientError(.badArgument, "not today")) { try await client.run(echo, "x") }
        }
        #expect(grid.submissions.isEmpty)
    }

    @Test func `the first interceptor of a worker sees a payload first and its result last`() async throws {
        let worker = echo.worker { text, _ in "<\(text)>" }.intercepted(by: markings("a", "b")).intercepted(by: markings("c"))
        #expect(try await worker.test(payload: Data("x".utf8)) == Data("<xcab>bac".utf8))
        #expect(notes.all == ["c runs", "a runs", "b runs", "b ran", "a ran", "c ran"])
    }

    @Test func `an error of the worker passes its interceptors`() async throws {
        let worker = echo.worker { _, _ in throw TaskError(.failed, "no") }.intercepted(by: markings("a"))
        await #expect(throws: TaskError(.failed, "no")) { try await worker.test(payload: Data()) }
        #expect(notes.all == ["a runs"])
    }
}
