import AMQP
import Synchronization
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

    /// How many tasks of each type stand in each state.
    public func counts() async throws(ClientError) -> [TaskType: TaskCounts] {
        try await allCounts().types
    }

    /// The counters of all types, and what hinders them.
    public func allCounts() async throws(ClientError) -> CountsQuery.Answer {
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
    public func ask<Asked: Query>(
        _ query: Asked, within patience: Duration? = nil, budget: AnswerBudget? = nil
    ) async throws(ClientError) -> Asked.Answer {
        let message = try await answer(to: query, within: patience ?? self.patience, budget).get()
        do {
            return try AnswerMessage.read(Asked.Answer.self, message)
        } catch {
            let code: ClientError.Code =
                switch error.code {
                case .notFound: .unknownTask
                case .badQuery: .badArgument
                case .unavailable: .serviceUnavailable
                }
            throw ClientError(code, "the \(Asked.service.rawValue) answers: \(error.message)")
        }
    }

    /// Puts a query into the buffer and waits for the message that answers it: seconds at most, even where the caller is
    /// cancelled.
    private func answer(
        to query: some Query, within patience: Duration, _ budget: AnswerBudget?
    ) async -> Result<Message, ClientError> {
        let service = type(of: query).service
        let result = await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                guard !state.isClosed else { return true }
                let correlation = state.queries.correlation()
                let pending = Queries.Pending(
                    continuation: continuation, service: service, patience: patience, deadline: now() + patience
                )
                state.queries.add(pending, correlation)
                var message = query.message(from: id, correlation: correlation, within: patience, budget: budget)
                message.properties.messageID = "\(id)-\(correlation)"
                state.outgoing.append(
                    Publication(exchange: topology.rpc.name, routingKey: service.rawValue, message: message, isMandatory: true)
                )
                return false
            }
            if isClosed { continuation.resume(returning: .failure(.closed)) } else { wake() }
        }
        return result
    }

    /// Publishes queries; one that cannot be sent is answered by that.
    func send(_ queries: [Publication]) async {
        do {
            let outcomes = try await transport.publish(queries, within: Self.publishDeadline)
            for (query, outcome) in zip(queries, outcomes) {
                switch outcome {
                case .confirmed: break
                case .returned:
                    let service = query.routingKey
                    refuse(query, neverRan(service))
                case .refused(let refusal): refuse(query, ClientError(refusal))
                case .nacked: refuse(query, ClientError(.brokerFull, "the broker refused the query: its queue is full or has failed"))
                }
            }
        } catch {
            for query in queries { refuse(query, ClientError(error)) }
        }
    }

    private func refuse(_ query: Publication, _ error: ClientError) {
        let pending = state.withLock { state in
            query.message.properties.correlationID.flatMap { state.queries.take($0) }
        }
        pending?.continuation.resume(returning: .failure(error))
    }
}
