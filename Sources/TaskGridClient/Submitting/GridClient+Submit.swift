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
        try await receipts(of: post(type, payloads: payloads, options: options, watch: nil), type)
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
        let ids = try await receipts(of: post(type, payloads: payloads, options: options, watch: watch), type)
        return Submitted(ids: ids, endings: endings)
    }

    /// Submits a task for each payload, and says of each what came of it.
    ///
    /// - Returns: for each payload, in their order, its id, or why it was not accepted.
    /// - Throws: `badArgument`, `closed`: then nothing was sent.
    public func submitEach(
        _ type: TaskType, payloads: [Data], options: TaskOptions = TaskOptions()
    ) async throws(ClientError) -> [Result<TaskID, ClientError>] {
        await eachReceipt(of: try post(type, payloads: payloads, options: options, watch: nil))
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
        return (await eachReceipt(of: try post(type, payloads: payloads, options: options, watch: watch)), endings)
    }

    private func eachReceipt(of submissions: [PendingSubmission]) async -> [Result<TaskID, ClientError>] {
        var receipts: [Result<TaskID, ClientError>] = []
        for submission in submissions {
            let receipt = await self.receipt(of: submission.id)
            receipts += submission.tasks.indices.lazy.map { index in receipt.map { $0.advanced(by: index) } }
        }
        return receipts
    }

    /// Puts payloads into the buffer, in order.
    private func post(
        _ type: TaskType, payloads: [Data], options: TaskOptions, watch: EndingWatch.ID?
    ) throws(ClientError) -> [PendingSubmission] {
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
                let submission = PendingSubmission(
                    id: state.lastSubmission, type: type, tasks: chunk, key: key, called: called, deadline: deadline, watch: watch
                )
                state.submissions.add(submission)
                state.receipts[submission.id] = .open(nil)
                submissions.append(submission)
            }
            if let watch { state.watches.expect(submissions.count, by: watch) }
            return submissions
        }
        wake()
        return submissions
    }

    /// Waits for the acceptance of submissions.
    private func receipts(of submissions: [PendingSubmission], _ type: TaskType) async throws(ClientError) -> [TaskID] {
        var ids: [TaskID] = []
        var failure: ClientError?
        for submission in submissions {
            switch await receipt(of: submission.id) {
            case .success(let first): ids += (0..<submission.tasks.count).lazy.map { first.advanced(by: $0) }
            case .failure(let error): failure = failure ?? error
            }
        }
        guard let failure else { return ids }
        guard let first = ids.first, let last = ids.last else { throw failure }
        let accepted = "\(ids.count) tasks of type \(type) were accepted (ids within \(first) to \(last)), the others not"
        throw ClientError(
            failure.code, "\(accepted): \(failure.message)", rejection: failure.rejection, isOutcomeUnknown: failure.isOutcomeUnknown
        )
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
