import AMQP
import Synchronization
import TaskGridCore
import TestSupport

@testable import TaskGridClient

/// A broker that does what a test says, and a clock that the test moves.
final class FakeTransport: ClientTransport {
    enum Verdict {
        case outcome(PublishOutcome)
        case error(AMQPError.Code)
    }

    /// Everything published, for the test to read.
    let publications: AsyncStream<Publication>
    private let published: AsyncStream<Publication>.Continuation
    private let inbox: AsyncStream<[Message]>
    private let incoming: AsyncStream<[Message]>.Continuation
    private let losses: AsyncStream<Int>
    private let lost: AsyncStream<Int>.Continuation
    private let verdict: @Sendable (Publication) -> Verdict

    init(verdict: @escaping @Sendable (Publication) -> Verdict = { _ in .outcome(.confirmed) }) {
        (publications, published) = AsyncStream.makeStream()
        (inbox, incoming) = AsyncStream.makeStream()
        (losses, lost) = AsyncStream.makeStream()
        self.verdict = verdict
    }

    /// One whose first publish fails with an unknown outcome.
    static func losingTheFirst() -> FakeTransport {
        let failures = Mutex(1)
        return FakeTransport { _ in
            failures.withLock { failures in
                guard failures > 0 else { return .outcome(.confirmed) }
                failures -= 1
                return .error(.connectionLost)
            }
        }
    }

    func start(within patience: Duration) async throws(AMQPError) {}

    func publish(_ publications: [Publication], within deadline: Duration) async throws(AMQPError) -> [PublishOutcome] {
        var outcomes: [PublishOutcome] = []
        var error: AMQPError?
        for publication in publications {
            switch verdict(publication) {
            case .outcome(let outcome): outcomes.append(outcome)
            case .error(let code): error = AMQPError(code, "the test says \(code)")
            }
            published.yield(publication)
        }
        if let error { throw error }
        return outcomes
    }

    func next() async -> [Message]? {
        for await messages in inbox { return messages }
        return nil
    }

    var trouble: AMQPError? { nil }

    func reconnections() -> AsyncStream<Int> { losses }

    func close() async {
        incoming.finish()
        lost.finish()
        published.finish()
    }

    // MARK: Actions of the test

    /// The next publication.
    func publication() async -> Publication? {
        for await publication in publications { return publication }
        return nil
    }

    /// The next publication while time goes on.
    func publication(while time: TestTime, passesFor client: GridClient) async -> Publication? {
        await withTaskGroup(of: Publication?.self) { group in
            group.addTask { await self.publication() }
            group.addTask {
                while !Task.isCancelled {
                    time.advance(by: .seconds(1))
                    client.lookAtTime()
                    await Task.yield()
                }
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    /// Delivers messages of the dispatcher, unless they name another user.
    func deliver(_ messages: Message...) {
        incoming.yield(
            messages.map { message in
                var message = message
                message.properties.userID = message.properties.userID ?? Topology(prefix: "test").users.dispatcher
                return message
            })
    }

    func reconnect() { lost.yield(2) }
}

/// Time that moves when told.
final class TestTime: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    private let advances = Journal<Duration>()

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) {
        instant.withLock { $0 += duration }
        advances.add(duration)
    }

    /// Returns when the test has moved the time so far, which takes none; throws where the task is cancelled before.
    func sleep(until end: ContinuousClock.Instant) async throws {
        while case let count = advances.entries.count, now < end { try await advances.wait(beyond: count) }
    }
}

extension GridClient {
    /// A started client on a fake broker. It sleeps by the test's own time, which passes when the test says so.
    static func onFake(
        _ transport: FakeTransport, time: TestTime = TestTime(), bounds: MessageBounds = MessageBounds(),
        _ body: (GridClient) async throws -> Void
    ) async throws {
        let client = GridClient(
            id: "client-1", topology: Topology(prefix: "test"), transport: transport, logger: .silent, bounds: bounds,
            now: { time.now }, sleep: { try await time.sleep(until: $0) }
        )
        try await client.start()
        do {
            try await body(client)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

extension Reply {
    static func accepted(_ submission: Publication, first: TaskID) throws -> Message {
        let read = try Submission(submission.message)
        return Reply(
            form: .single, type: read.type, correlation: read.correlation, content: .accepted(first: first, count: read.tasks.count)
        ).message()
    }

    static func succeeded(_ ids: [TaskID], type: TaskType, result: String) -> Message {
        let endings = ids.map { Ending(id: $0, state: .succeeded, result: .init(result.utf8), attempt: 1, worker: "w") }
        return Reply(form: ids.count == 1 ? .single : .batch, type: type, correlation: nil, content: .ended(endings)).message()
    }
}
