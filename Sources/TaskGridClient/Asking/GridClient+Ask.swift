import AMQP
import Foundation
public import TaskGridCore

extension GridClient {
    /// A task, whole: a payload or a result that is too large for one answer is read in parts.
    ///
    /// - Throws: `unknownTask`; `serviceUnavailable` where the dispatcher does not answer.
    public func status(_ task: TaskID) async throws(ClientError) -> TaskRecord {
        try await whole(try await ask(TaskQuery(id: task)))
    }

    /// How a task ended; nil where it has not.
    ///
    /// - Throws: as `status(_:)`.
    public func result(_ task: TaskID) async throws(ClientError) -> Ending? {
        var record = try await ask(TaskQuery(id: task))
        guard record.status.isTerminal else { return nil }
        record.payloadSize = nil
        return Ending(try await whole(record))
    }

    /// Tasks by type and state, the newest first, up to 1000 at a time. A task that alone is too large for an answer has its
    /// payload and its result cut (`isCut`); `status(_:)` reads them whole.
    public func tasks(
        type: TaskType? = nil, state: TaskState? = nil, before: TaskID? = nil, limit: Int = 50
    ) async throws(ClientError) -> [TaskRecord] {
        try await tasks(matching: TaskFilter(type: type, state: state), before: before, limit: limit)
    }

    /// The workers that live now: all, or those of one type.
    ///
    /// - Throws: `serviceUnavailable` where the nameservice does not answer.
    public func workers(_ type: TaskType? = nil) async throws(ClientError) -> [LiveWorker] {
        var workers: [LiveWorker] = []
        var next: String?
        repeat {
            let answer = try await ask(WorkersQuery(type: type, after: next), isFurther: next != nil)
            workers += answer.workers
            next = answer.next
        } while next != nil
        return workers
    }

    /// How many tasks of each type are in each state.
    public func counts() async throws(ClientError) -> [TaskType: TaskCounts] {
        try await allCounts().types
    }

    /// The task counters of all types, and which types are paused or have an open breaker.
    package func allCounts() async throws(ClientError) -> CountsQuery.Answer {
        var all = try await ask(CountsQuery())
        while let next = all.next {
            let answer = try await ask(CountsQuery(after: next), isFurther: true)
            all.types.merge(answer.types) { $1 }
            all.paused = (all.paused ?? []) + (answer.paused ?? [])
            all.breakers = (all.breakers ?? [:]).merging(answer.breakers ?? [:]) { $1 }
            all.forgotten = answer.forgotten
            all.next = answer.next
        }
        return all
    }

    /// Asks for a page. A further one is asked for once more where no answer comes: it may have been dropped from a reply queue
    /// that was full, and what was learnt before would be lost.
    func ask<Asked: Query>(_ query: Asked, isFurther: Bool) async throws(ClientError) -> Asked.Answer {
        do throws(ClientError) {
            return try await ask(query)
        } catch {
            guard isFurther, error.code == .serviceUnavailable else { throw error }
            return try await ask(query)
        }
    }

    /// The most bytes that the dispatcher takes as a payload.
    ///
    /// - Throws: `serviceUnavailable` where the dispatcher does not answer.
    public func maximumPayload() async throws(ClientError) -> Int {
        try await ask(LimitsQuery()).maximumPayload
    }

    /// Asks a service.
    ///
    /// - Parameters:
    ///   - query: what is asked.
    ///   - patience: how long it may take to answer; nil: as long as the client says.
    ///   - budget: how large the answer may be; nil: as large as usual.
    /// - Throws: `serviceUnavailable` where it does not; `unknownTask`, `badArgument` where it refuses.
    package func ask<Asked: Query>(
        _ query: Asked, within patience: Duration? = nil, budget: AnswerBudget? = nil
    ) async throws(ClientError) -> Asked.Answer {
        do {
            return try await queryClient.ask(query, within: patience ?? self.patience, budget: budget)
        } catch {
            throw clientError(error, of: Asked.service.rawValue)
        }
    }

    private func clientError(_ failure: QueryFailure, of service: String) -> ClientError {
        switch failure {
        case .tooMany(let maximum):
            return ClientError(.serviceUnavailable, "\(maximum) queries of this client are under way: ask again when some are answered")
        case .notPublished(let error): return ClientError(error)
        case .notTaken(.refused(let refusal)): return ClientError(refusal)
        case .notTaken(.returned): return neverRan(service)
        case .notTaken(.nacked), .notTaken(.confirmed):
            return ClientError(.brokerFull, "the broker refused the query: the queue of the \(service) is full or has failed")
        case .silence(let patience):
            return ClientError(
                .serviceUnavailable,
                "the \(service) did not answer within \(patience.seconds.formatted()) s: is it running? (taskgrid \(service))"
            )
        case .refused(let error):
            let code: ClientError.Code =
                switch error.code {
                case .notFound: .unknownTask
                case .badQuery, .conflict: .badArgument
                case .forbidden: .accessRefused
                case .unavailable: .serviceUnavailable
                }
            return ClientError(code, "the \(service) answers: \(error.message)")
        case .cancelled: return .cancelled
        case .closed: return .closed
        }
    }
}
