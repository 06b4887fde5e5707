import Synchronization
public import TaskGrid
package import TaskGridClient

/// A grid in memory, for tests without a broker: it records what clients submit, and runs the tasks of its workers in place.
///
/// ```swift
/// let grid = TestGrid { greet.worker { name, _ in "Hello, \(name)!" } }
/// let text = try await grid.withClient { client in try await client.run(greet, "world") }
/// #expect(text == "Hello, world!")
/// #expect(try grid.submissions.map { try $0.input(of: greet) } == ["world"])
/// ```
///
/// The client is the real one, and payloads and results travel as bytes. Tasks of a type without a worker are recorded and stay
/// `pending`. A worker's errors have the task tried again, up to its attempts. Without a clock there are no delays, timeouts, expiries
/// and pauses between attempts; with one, they pass as the test moves it.
public final class TestGrid: Sendable {
    private let core: TestDispatcher

    /// - Parameters:
    ///   - clock: the time of delays, timeouts, expiries and pauses between attempts; nil: there are none.
    ///   - workers: run tasks; each of a type of its own.
    public init(clock: TestClock? = nil, @WorkerBuilder workers: () -> [any TaskWorker] = { [] }) {
        core = TestDispatcher(workers: workers(), clock: clock)
    }

    /// The tasks that clients have submitted, in order.
    public var submissions: [TestSubmission] { core.submissions }

    /// Runs `body` with a client of the grid, which has the interceptors as a client on a broker does. Tasks run as long as `body` does.
    public func withClient<Success: Sendable>(
        interceptors: [any SubmitInterceptor] = [], _ body: (GridClient) async throws -> Success
    ) async throws -> Success {
        let (tasks, runs) = AsyncStream.makeStream(of: TaskID.self)
        let transport = TestTransport(core, runs: runs)
        let client = GridClient(
            id: "test-\(UUID().uuidString)", topology: core.topology, transport: transport, interceptors: interceptors, logger: .silent)
        try await client.start()
        return try await withThrowingTaskGroup(of: Void.self) { [core] group in
            group.addTask {
                await withDiscardingTaskGroup { group in
                    for await task in tasks { group.addTask { if let ending = await core.run(task) { transport.tell(ending) } } }
                    group.cancelAll()
                }
            }
            let result: Result<Success, any Error>
            do { result = .success(try await body(client)) } catch { result = .failure(error) }
            group.cancelAll()
            await client.close()
            return try result.get()
        }
    }
}
