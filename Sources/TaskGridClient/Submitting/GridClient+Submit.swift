public import Foundation
import Synchronization
public import TaskGridCore

extension GridClient {
    /// Submits one task. When this returns, the task is durable and will be done.
    ///
    /// - Returns: the task's id.
    /// - Throws: `ClientError`: `rejected` with the dispatcher's reason; or, after the options' deadline, why the task was
    ///   not accepted (`brokerUnavailable`, `brokerBlocked`, `brokerFull`, `serviceUnavailable`, `timedOut`), or may have been
    ///   for all that is known (`isOutcomeUnknown`).
    public func submit(_ type: TaskType, payload: Data, options: TaskOptions = TaskOptions()) async throws(ClientError) -> TaskID {
        try await submit(type, payloads: [payload], options: options)[0]
    }

    /// Submits a task for each payload, many to a message.
    ///
    /// - Returns: the ids, in the payloads' order.
    /// - Throws: as `submit(_:payload:options:)`. Some of the tasks may have been accepted by then; the message says how many.
    public func submit(
        _ type: TaskType, payloads: [Data], options: TaskOptions = TaskOptions()
    ) async throws(ClientError) -> [TaskID] {
        try await ids(of: ClientSubmission(type: type, payloads: payloads, options: options), watch: nil)
    }

    /// Submits a task for each payload and watches for their endings.
    ///
    /// - Parameters:
    ///   - type: the type of the tasks.
    ///   - payloads: one for each task.
    ///   - options: what all of the tasks are submitted with.
    ///   - patience: how long the endings are awaited; they fail with `timedOut` after it.
    /// - Throws: as `submit(_:payloads:options:)`.
    public func submitAndWatch(
        _ type: TaskType, payloads: [Data], options: TaskOptions = TaskOptions(), within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> Submitted {
        let watch = state.withLock { $0.watches.open(submissions: 0, deadline: now() + patience) }
        let endings = Endings(client: self, watch: watch)
        let ids = try await self.ids(of: ClientSubmission(type: type, payloads: payloads, options: options), watch: watch)
        return Submitted(ids: ids, endings: endings)
    }

    /// Submits a task for each payload, and says of each what came of it.
    ///
    /// - Returns: for each payload, in their order, its id, or why it was not accepted.
    /// - Throws: `badArgument`, `closed`: then nothing was sent.
    public func submitEach(
        _ type: TaskType, payloads: [Data], options: TaskOptions = TaskOptions()
    ) async throws(ClientError) -> [Result<TaskID, ClientError>] {
        try await receipts(of: ClientSubmission(type: type, payloads: payloads, options: options), watch: nil)
    }

    /// The same, and watches for the endings.
    ///
    /// - Parameters:
    ///   - type: the type of the tasks.
    ///   - payloads: one for each task.
    ///   - options: what all of the tasks are submitted with.
    ///   - patience: how long the endings are awaited; they fail with `timedOut` after it.
    public func submitEachAndWatch(
        _ type: TaskType, payloads: [Data], options: TaskOptions = TaskOptions(), within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> (receipts: [Result<TaskID, ClientError>], endings: Endings) {
        let watch = state.withLock { $0.watches.open(submissions: 0, deadline: now() + patience) }
        let endings = Endings(client: self, watch: watch)
        return (try await receipts(of: ClientSubmission(type: type, payloads: payloads, options: options), watch: watch), endings)
    }

    /// The receipt of each task, by way of the interceptors from `index` on.
    private func receipts(
        of submission: ClientSubmission, watch: EndingWatch.ID?, from index: Int = 0
    ) async throws(ClientError) -> [Result<TaskID, ClientError>] {
        guard index < interceptors.count else {
            var receipts: [Result<TaskID, ClientError>] = []
            for pending in try post(submission, watch: watch) {
                let receipt = await self.receipt(of: pending.id)
                receipts += pending.tasks.indices.lazy.map { index in receipt.map { $0.advanced(by: index) } }
            }
            return receipts
        }
        return try await interceptors[index].intercept(submission) { submission throws(ClientError) in
            try await self.receipts(of: submission, watch: watch, from: index + 1)
        }
    }

    /// The ids of the tasks; throws where one was not accepted.
    private func ids(of submission: ClientSubmission, watch: EndingWatch.ID?) async throws(ClientError) -> [TaskID] {
        var ids: [TaskID] = []
        var failure: ClientError?
        if interceptors.isEmpty {
            for pending in try post(submission, watch: watch) {
                switch await receipt(of: pending.id) {
                case .success(let first): ids += (0..<pending.tasks.count).lazy.map { first.advanced(by: $0) }
                case .failure(let error): failure = failure ?? error
                }
            }
        } else {
            for receipt in try await receipts(of: submission, watch: watch) {
                switch receipt {
                case .success(let id): ids.append(id)
                case .failure(let error): failure = failure ?? error
                }
            }
        }
        guard let failure else { return ids }
        guard let first = ids.first, let last = ids.last else { throw failure }
        let accepted = "\(ids.count) tasks of type \(submission.type) were accepted (ids within \(first) to \(last)), the others not"
        throw ClientError(
            failure.code, "\(accepted): \(failure.message)", rejection: failure.rejection, isOutcomeUnknown: failure.isOutcomeUnknown
        )
    }

    /// Puts payloads into the buffer, in order.
    private func post(_ submission: ClientSubmission, watch: EndingWatch.ID?) throws(ClientError) -> [PendingSubmission] {
        let (payloads, options) = (submission.payloads, submission.options)
        try options.checked()
        // Less what a batch adds to its one record.
        let maximum = WireFormat.maximumBodySize - 1024
        if let large = payloads.first(where: { $0.count > maximum }) {
            throw ClientError(.badArgument, "a payload of \(large.count) bytes; a message carries \(maximum) at most")
        }
        let tasks = payloads.map { Submission.Task(payload: $0, settings: options.settings) }
        let called = now()
        let deadline = called + options.deadline
        let submissions = try state.withLock { state throws(ClientError) in
            guard !state.isClosed else { throw .closed }
            var submissions: [PendingSubmission] = []
            for (index, chunk) in state.submissions.bounds.chunks(of: tasks).enumerated() {
                state.lastSubmission += 1
                let key = options.key.map { index == 0 ? $0 : "\($0)/\(index)" }
                let pending = PendingSubmission(
                    id: state.lastSubmission, type: submission.type, tasks: chunk, key: key, called: called, deadline: deadline,
                    watch: watch
                )
                state.submissions.add(pending)
                state.receipts[pending.id] = .open(nil)
                submissions.append(pending)
            }
            if let watch { state.watches.expect(submissions.count, by: watch) }
            return submissions
        }
        wake()
        return submissions
    }

    private func receipt(of id: PendingSubmission.ID) async -> Result<TaskID, ClientError> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let done: Result<TaskID, ClientError>? = state.withLock { state in
                    guard case .done(let result) = state.receipts[id] else {
                        state.receipts[id] = .open(continuation)
                        return nil
                    }
                    state.receipts[id] = nil
                    return result
                }
                if let done { continuation.resume(returning: done) }
                // A cancellation before the line above found no continuation.
                if Task.isCancelled { abandon(id) }
            }
        } onCancel: {
            abandon(id)
        }
    }

    private func abandon(_ id: PendingSubmission.ID) {
        var resumptions = Resumptions()
        state.withLock { state in
            guard case .open = state.receipts[id] else { return }
            state.submissions.abandon(id)
            resumptions.settle(id, .failure(.cancelled), in: &state)
        }
        resumptions.resume()
    }
}
