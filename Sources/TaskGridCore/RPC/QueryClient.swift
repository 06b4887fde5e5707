package import AMQP
import Synchronization

/// Asks services and waits for their answers: so many queries at a time, each with a deadline.
///
/// Its owner receives the messages of the reply queue and hands them to ``accept(_:)``. Nothing is kept of a query that was answered or
/// given up; an answer that comes too late is dropped.
package final class QueryClient: Sendable {
    /// Publishes a query within the time given, and returns once the broker has it.
    package typealias Publish = @Sendable (Publication, Duration) async throws(AMQPError) -> PublishOutcome

    /// The beginning of every query's correlation id.
    private static let prefix = "query-"
    /// The part of a query's time that the broker has to take it, so that one which was never published fails as such.
    private static let publishShare = 0.9

    private enum Stage {
        case published
        case waiting(CheckedContinuation<Result<Message, QueryFailure>, Never>)
        case answered(Message)
    }

    private struct Pending {
        var count = 0
        /// The names of the queries, by their correlation ids.
        var names: [String: String] = [:]
        var stages: [String: Stage] = [:]
        var isClosed = false
    }

    /// How many queries may be under way.
    package let maximum: Int
    private let id: String
    private let topology: Topology
    private let now: @Sendable () -> ContinuousClock.Instant
    private let sleep: @Sendable (ContinuousClock.Instant) async throws -> Void
    private let publish: Publish
    private let pending = Mutex(Pending())

    /// - Parameters:
    ///   - id: The id of the reply queue.
    ///   - topology: The grid's names.
    ///   - maximum: How many queries may be under way.
    ///   - now: The time; tests bring their own.
    ///   - sleep: Returns at a time, and throws where the task is cancelled before.
    ///   - publish: Publishes a query.
    package init(
        id: String, topology: Topology, maximum: Int, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        sleep: @escaping @Sendable (ContinuousClock.Instant) async throws -> Void = { try await ContinuousClock().sleep(until: $0) },
        publish: @escaping Publish
    ) {
        self.id = id
        self.topology = topology
        self.maximum = maximum
        self.now = now
        self.sleep = sleep
        self.publish = publish
    }

    /// Asks, and waits `patience` for the answer. The query carries that time, so that no service answers a client that has given up.
    /// `budget` says how large the answer may be; nil: as large as usual. `actor` says for whom the monitor asks.
    package func ask<Asked: Query>(
        _ query: Asked, within patience: Duration, budget: AnswerBudget? = nil, actor: String? = nil
    ) async throws(QueryFailure) -> Asked.Answer {
        let deadline = now() + patience
        let correlation = try begin(Asked.name)
        defer {
            pending.withLock { pending in
                pending.stages[correlation] = nil
                pending.names[correlation] = nil
            }
        }
        var message = query.message(from: id, correlation: correlation, within: patience, budget: budget, actor: actor)
        // By which it is known should it come back.
        message.properties.messageID = "\(id)-\(correlation)"
        let publication = Publication(
            exchange: topology.rpc.name, routingKey: Asked.service.rawValue, message: message, isMandatory: true
        )
        let result = await withTaskGroup(of: Result<Message, QueryFailure>?.self) { group in
            group.addTask { await self.answer(to: correlation) }
            group.addTask { await self.send(publication, within: patience * Self.publishShare).map { .failure($0) } }
            group.addTask {
                do {
                    try await self.sleep(deadline)
                    return .failure(.silence(patience))
                } catch {
                    return .failure(.cancelled)
                }
            }
            defer { group.cancelAll() }
            while let result = await group.next() {
                if let result { return result }
            }
            return .failure(.silence(patience))
        }
        let answer = try result.get()
        do throws(QueryError) {
            return try AnswerMessage.read(Asked.Answer.self, answer)
        } catch {
            throw .refused(error)
        }
    }

    /// Takes a message of the reply queue; false where it answers none of this client's queries, whether they wait or not.
    @discardableResult
    package func accept(_ message: Message) -> Bool {
        guard let correlation = message.properties.correlationID, correlation.hasPrefix(Self.prefix) else { return false }
        let continuation = pending.withLock { pending -> CheckedContinuation<Result<Message, QueryFailure>, Never>? in
            // Its receiver has checked that it comes from the service that answers queries of this name.
            guard pending.names[correlation] == message.properties.type else { return nil }
            switch pending.stages[correlation] {
            case .waiting(let continuation):
                pending.stages[correlation] = nil
                return continuation
            case .published: pending.stages[correlation] = .answered(message)
            case .answered, nil: break
            }
            return nil
        }
        continuation?.resume(returning: .success(message))
        return true
    }

    /// Ends all queries, and every later one.
    package func close() {
        let stages = pending.withLock { pending in
            pending.isClosed = true
            defer { pending.stages = [:] }
            return pending.stages.values
        }
        for case .waiting(let continuation) in stages { continuation.resume(returning: .failure(.closed)) }
    }

    private func begin(_ name: String) throws(QueryFailure) -> String {
        try pending.withLock { pending throws(QueryFailure) in
            guard !pending.isClosed else { throw .closed }
            guard pending.stages.count < maximum else { throw .tooMany(maximum) }
            pending.count += 1
            let correlation = "\(Self.prefix)\(pending.count)"
            pending.stages[correlation] = .published
            pending.names[correlation] = name
            return correlation
        }
    }

    /// Publishes a query.
    ///
    /// - Returns: Why it was not published; nil where the broker has it.
    private func send(_ publication: Publication, within time: Duration) async -> QueryFailure? {
        do throws(AMQPError) {
            let outcome = try await publish(publication, time)
            return outcome == .confirmed ? nil : .notTaken(outcome)
        } catch {
            return .notPublished(error)
        }
    }

    /// Waits for an answer until it comes, the client is closed or the task is cancelled.
    private func answer(to correlation: String) async -> Result<Message, QueryFailure> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = pending.withLock { pending -> Result<Message, QueryFailure>? in
                    if case .answered(let message) = pending.stages[correlation] { return .success(message) }
                    if pending.isClosed { return .failure(.closed) }
                    // Checked under the lock, which the handler of a later cancellation takes too.
                    guard !Task.isCancelled, pending.stages[correlation] != nil else { return .failure(.cancelled) }
                    pending.stages[correlation] = .waiting(continuation)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            let continuation = pending.withLock { pending -> CheckedContinuation<Result<Message, QueryFailure>, Never>? in
                guard case .waiting(let continuation) = pending.stages.removeValue(forKey: correlation) else { return nil }
                return continuation
            }
            continuation?.resume(returning: .failure(.cancelled))
        }
    }
}

/// Why a query has no answer.
package enum QueryFailure: Error, Hashable, Sendable {
    /// So many queries are under way, as many as may be.
    case tooMany(Int)
    /// The broker cannot be reached, or takes no messages.
    case notPublished(AMQPError)
    /// The broker did not take the query: anything but `confirmed`.
    case notTaken(PublishOutcome)
    /// No answer came within this time. A command may be carried out all the same.
    case silence(Duration)
    /// The service refuses it.
    case refused(QueryError)
    /// The task that asks was cancelled.
    case cancelled
    /// The client was closed.
    case closed
}
