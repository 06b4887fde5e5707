import AMQP
import Synchronization
import TaskGrid
import TaskGridCore
import TaskGridWorker

/// The dispatcher and the workers of a `TestGrid`: every task's state, in memory.
final class TestDispatcher: Sendable {
    struct Ended: Sendable {
        let type: TaskType
        let ending: Ending
    }

    private struct State {
        var submissions: [TestSubmission] = []
        var records: [TaskID: TaskRecord] = [:]
        /// The first task and the number of tasks of each key.
        var keys: [String: (first: TaskID, count: Int)] = [:]
    }

    let topology = Topology(prefix: "test")
    private let workers: [TaskType: any TaskWorker]
    private let clock: TestClock?
    private let retry = RetryPolicy()
    private let state = Mutex(State())

    init(workers: [any TaskWorker], clock: TestClock?) {
        self.workers = Dictionary(workers.map { ($0.type, $0) }) { $1 }
        self.clock = clock
    }

    var submissions: [TestSubmission] { state.withLock { $0.submissions } }

    // MARK: Messages

    /// Accepts a submission: the reply to it, and its tasks that a worker runs.
    func accept(_ message: Message) -> (reply: Message, tasks: [TaskID]) {
        let submission: Submission
        do throws(WireError) {
            submission = try Submission(message)
        } catch {
            return (Reply.rejection(of: message, error), [])
        }
        func reply(_ content: Reply.Content) -> Message {
            Reply(form: .single, type: submission.type, correlation: submission.correlation, content: content).message()
        }
        return state.withLock { state in
            if let (first, count) = state.keys[submission.key] { return (reply(.accepted(first: first, count: count, isRepeat: true)), []) }
            let first = TaskID(Int64(state.records.count + 1))
            let ids = submission.tasks.indices.map { first.advanced(by: $0) }
            for (id, task) in zip(ids, submission.tasks) {
                var settings = task.settings
                settings.maxAttempts = settings.maxAttempts ?? retry.maxAttempts
                state.records[id] = TaskRecord(
                    id: id, type: submission.type, payload: task.payload, status: .pending, created: .now(), settings: settings,
                    key: submission.key
                )
                state.submissions.append(
                    TestSubmission(id: id, type: submission.type, payload: task.payload, settings: task.settings, key: submission.key)
                )
            }
            state.keys[submission.key] = (first, ids.count)
            return (reply(.accepted(first: first, count: ids.count)), workers[submission.type] == nil ? [] : ids)
        }
    }

    /// Answers the queries about single tasks; no others.
    func answer(_ query: Message) -> Message {
        do {
            switch query.properties.type {
            case TaskQuery.name:
                let id = try JSON.decode(TaskQuery.self, query.body).id
                guard let record = state.withLock({ $0.records[id] }) else {
                    throw QueryError(.notFound, "task \(id) was never submitted to this grid")
                }
                return AnswerMessage.message(.success(record), to: query)
            case EndingsQuery.name:
                let ids = try JSON.decode(EndingsQuery.self, query.body).tasks
                let records = state.withLock { $0.records }
                let answer = EndingsQuery.Answer(
                    ended: ids.compactMap { records[$0] }.filter(\.status.isTerminal), unknown: ids.filter { records[$0] == nil }
                )
                return AnswerMessage.message(.success(answer), to: query)
            default:
                throw QueryError(.unavailable, "a test grid does not answer '\(query.properties.type ?? "")': it knows single tasks alone")
            }
        } catch {
            return AnswerMessage.refusal(error as? QueryError ?? QueryError(.badQuery, "\(error)"), to: query)
        }
    }

    // MARK: Runs

    /// Runs a task to its end; nil where the test ends before.
    func run(_ id: TaskID) async -> Ended? {
        guard let record = state.withLock({ $0.records[id] }), let worker = workers[record.type] else { return nil }
        let settings = record.settings
        let accepted = clock?.now
        guard await sleep(for: settings.delay ?? .zero) else { return nil }
        if let clock, let accepted, let expiry = settings.expiry, clock.now >= accepted + expiry {
            return end(record, .expired, error: .expiry)
        }
        var attempt = 0
        while true {
            attempt += 1
            state.withLock { $0.records[id]?.status = .running }
            do {
                return end(record, .succeeded, result: try await perform(record, worker, attempt: attempt), attempt: attempt)
            } catch {
                if Task.isCancelled { return nil }
                let error = error as? TaskError ?? TaskError(.failed, "\(error)")
                guard !error.code.isFinal, attempt < settings.maxAttempts ?? retry.maxAttempts else {
                    return end(record, .failed, error: error, attempt: attempt)
                }
                guard await sleep(for: (settings.backoff ?? retry.backoff).delay(before: attempt)) else { return nil }
            }
        }
    }

    /// Runs one attempt within the task's timeout.
    private func perform(_ record: TaskRecord, _ worker: any TaskWorker, attempt: Int) async throws -> Data {
        guard let clock, let timeout = record.settings.timeout else {
            return try await worker.perform(record.payload, context: .test(of: record.type, id: record.id, attempt: attempt))
        }
        let deadline = clock.now + timeout
        return try await withThrowingTaskGroup(of: Data.self) { group in
            group.addTask {
                let context = TaskContext.test(of: record.type, id: record.id, attempt: attempt, deadline: deadline)
                return try await worker.perform(record.payload, context: context)
            }
            group.addTask {
                try await clock.sleep(until: deadline)
                throw TaskError(.timedOut, "ran longer than \(timeout)")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// Waits where there is a clock; false where the test ends before.
    private func sleep(for duration: Duration) async -> Bool {
        guard let clock, duration > .zero else { return !Task.isCancelled }
        return (try? await clock.sleep(until: clock.now + duration)) != nil
    }

    private func end(
        _ record: TaskRecord, _ status: TaskState, result: Data? = nil, error: TaskError? = nil, attempt: Int = 0
    ) -> Ended {
        state.withLock { state in
            state.records[record.id]?.status = status
            state.records[record.id]?.result = result
            state.records[record.id]?.error = error
            state.records[record.id]?.attempt = attempt
            state.records[record.id]?.completed = .now()
        }
        let ending = Ending(id: record.id, state: status, result: result ?? Data(), error: error, attempt: attempt, worker: "test")
        return Ended(type: record.type, ending: ending)
    }
}
