import AMQP
import HTTPTypes
import Synchronization
import TaskGridCore
import WebSupport

/// What the monitor asks the dispatcher for people: so many queries at a time, each with a deadline.
///
/// The session publishes the queries and brings the answers; nothing is kept of one that was answered, or given up.
final class QueryClient: Sendable {
    typealias Publish = @Sendable (Publication) async throws(AMQPError) -> PublishOutcome

    /// How many queries may be under way.
    static let maximum = 32
    /// How many of them may be searches: the dispatcher answers two at a time.
    static let maximumSearches = 8
    static let deadline = Duration.seconds(5)
    /// Before the number in the correlation id.
    private static let prefix = "query-"

    private enum Stage {
        case asked
        case waiting(CheckedContinuation<Message, any Error>)
        case answered(Message)
    }

    private struct State {
        var count = 0
        var searches = 0
        var stages: [String: Stage] = [:]
    }

    private let id: String
    private let topology: Topology
    private let publish: Publish
    private let sleep: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())

    /// - `id`: that of the monitor's reply queue.
    /// - `publish`: sends a query, and returns once the broker has it.
    /// - `sleep`: lets the time of an answer pass.
    init(
        id: String, topology: Topology, sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        publish: @escaping Publish
    ) {
        self.id = id
        self.topology = topology
        self.sleep = sleep
        self.publish = publish
    }

    /// Runs a search, which may take several queries; one too many is refused.
    ///
    /// - Throws: a `Problem`; what `body` throws.
    func search<Found>(_ body: () async throws -> Found) async throws -> Found {
        let hasRoom = state.withLock { state in
            guard state.searches < Self.maximumSearches else { return false }
            state.searches += 1
            return true
        }
        guard hasRoom else {
            throw Problem(
                status: .serviceUnavailable, detail: "\(Self.maximumSearches) searches are under way; ask again in a second",
                retryAfter: .seconds(1)
            )
        }
        defer { state.withLock { $0.searches -= 1 } }
        return try await body()
    }

    /// Asks, and waits for the answer.
    ///
    /// `patience`: how long; the query carries it, so that the dispatcher answers nobody who has given up.
    /// - Throws: a `Problem` that says why there is none.
    func ask<Asked: Query>(_ query: Asked, within patience: Duration = QueryClient.deadline) async throws -> Asked.Answer {
        let correlation = try begin()
        defer { state.withLock { $0.stages[correlation] = nil } }
        var message = query.message(from: id, correlation: correlation, within: patience)
        // By which it is known should it come back.
        message.properties.messageID = "\(id)-\(correlation)"
        let publication = Publication(
            exchange: topology.rpc.name, routingKey: Asked.service.rawValue, message: message, isMandatory: true
        )
        let answer = try await withThrowingTaskGroup(of: Message?.self, returning: Message.self) { group in
            group.addTask { try await self.answer(to: correlation) }
            group.addTask {
                try await self.send(publication)
                return nil
            }
            group.addTask {
                try await self.sleep(patience)
                throw Problem.silence
            }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
            }
            throw Problem.silence
        }
        do throws(QueryError) {
            return try AnswerMessage.read(Asked.Answer.self, answer)
        } catch {
            throw Problem(error)
        }
    }

    /// Takes the answer to one of its queries; false where the message is none. One that comes too late is dropped.
    func take(_ message: Message) -> Bool {
        guard let correlation = message.properties.correlationID, correlation.hasPrefix(Self.prefix) else { return false }
        let continuation = state.withLock { state -> CheckedContinuation<Message, any Error>? in
            switch state.stages[correlation] {
            case .waiting(let continuation):
                state.stages[correlation] = nil
                return continuation
            case .asked: state.stages[correlation] = .answered(message)
            case .answered, nil: break
            }
            return nil
        }
        continuation?.resume(returning: message)
        return true
    }

    private func begin() throws(Problem) -> String {
        let correlation = state.withLock { state -> String? in
            guard state.stages.count < Self.maximum else { return nil }
            state.count += 1
            let correlation = "\(Self.prefix)\(state.count)"
            state.stages[correlation] = .asked
            return correlation
        }
        guard let correlation else {
            throw Problem(
                status: .serviceUnavailable, detail: "\(Self.maximum) queries to the dispatcher are under way; ask again in a second",
                retryAfter: .seconds(1)
            )
        }
        return correlation
    }

    private func send(_ publication: Publication) async throws {
        let outcome: PublishOutcome
        do throws(AMQPError) {
            outcome = try await publish(publication)
        } catch {
            throw Problem(
                status: .serviceUnavailable, detail: "the broker cannot be reached, so the dispatcher cannot be asked: \(error)",
                retryAfter: .seconds(5)
            )
        }
        switch outcome {
        case .confirmed: break
        case .returned: throw Problem(status: .serviceUnavailable, detail: "no dispatcher has ever run in this grid; start one")
        case .refused(let refusal):
            let advice =
                if case .exchangeNotFound = refusal { "a dispatcher that runs declares it again" } else { "see the broker's settings" }
            throw Problem(status: .serviceUnavailable, detail: "the query was refused: \(refusal); \(advice)", retryAfter: .seconds(5))
        case .nacked:
            throw Problem(
                status: .serviceUnavailable, detail: "the broker refused the query: the dispatcher's queue is full or has failed",
                retryAfter: .seconds(5)
            )
        }
    }

    /// Waits for an answer until it comes or the task is cancelled.
    private func answer(to correlation: String) async throws -> Message {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Message, any Error>? in
                    if case .answered(let message) = state.stages[correlation] { return .success(message) }
                    // Checked under the lock, which the handler of a later cancellation takes too.
                    guard !Task.isCancelled, state.stages[correlation] != nil else { return .failure(CancellationError()) }
                    state.stages[correlation] = .waiting(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Message, any Error>? in
                guard case .waiting(let continuation) = state.stages.removeValue(forKey: correlation) else { return nil }
                return continuation
            }
            continuation?.resume(throwing: CancellationError())
        }
    }
}

extension Problem {
    fileprivate static let silence = Problem(
        status: .gatewayTimeout,
        detail:
            "the dispatcher did not answer within \(Int(QueryClient.deadline.seconds)) s: see whether it runs; what was asked to be done may be done all the same"
    )

    /// What the dispatcher refused a query with.
    fileprivate init(_ error: QueryError) {
        switch error.code {
        case .notFound: self.init(status: .notFound, detail: error.message)
        case .badQuery: self.init(status: .badRequest, detail: error.message)
        case .unavailable:
            self.init(status: .serviceUnavailable, detail: "the dispatcher answers: \(error.message)", retryAfter: .seconds(5))
        }
    }
}
