public import Foundation
import Synchronization
public import TaskGridCore

extension GridClient {
    /// Submits a task and waits for its end.
    ///
    /// - Parameters:
    ///   - type: the task's type.
    ///   - payload: the task's payload.
    ///   - options: what the task is submitted with.
    ///   - patience: how long to wait for the end.
    /// - Returns: how it ended; `get()` gives the result or throws the task's error.
    /// - Throws: as `submit`; `timedOut` after `patience`.
    public func run(
        _ type: TaskType, payload: Data, options: TaskOptions = TaskOptions(), within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> Ending {
        try await run(type, payloads: [payload], options: options, within: patience)[0]
    }

    /// Submits a task for each payload and waits for all to end.
    ///
    /// - Returns: how each ended, in the payloads' order.
    /// - Throws: as `run(_:payload:options:within:)`.
    public func run(
        _ type: TaskType, payloads: [Data], options: TaskOptions = TaskOptions(), within patience: Duration = .seconds(3600)
    ) async throws(ClientError) -> [Ending] {
        let submitted = try await submitAndWatch(type, payloads: payloads, options: options, within: patience)
        var endings: [TaskID: Ending] = [:]
        endings.reserveCapacity(submitted.ids.count)
        for try await ending in submitted.endings { endings[ending.id] = ending }
        return submitted.ids.compactMap { endings[$0] }
    }

    /// Waits for the end of a task, whoever submitted it.
    ///
    /// - Throws: `unknownTask`; `timedOut` after `patience`.
    public func outcome(of task: TaskID, within patience: Duration = .seconds(3600)) async throws(ClientError) -> Ending {
        for try await ending in endings(of: [task], within: patience) { return ending }
        throw ClientError(.badAnswer, "the wait for task \(task) ended without an ending")
    }

    /// The endings of tasks, whoever submitted them, in the order in which they end or are learned.
    ///
    /// Ends of tasks that another client submitted are not pushed here: the dispatcher is asked each second.
    public func endings(of tasks: [TaskID], within patience: Duration = .seconds(3600)) -> Endings {
        let watch = state.withLock { state in
            let watch = state.watches.open(submissions: 0, deadline: now() + patience)
            _ = state.watches.add(Set(tasks), to: watch, arePushed: false, now: now())
            if state.isClosed { state.watches.fail(watch, .closed) }
            state.tasksToCheck += tasks
            return watch
        }
        wake()
        return Endings(client: self, watch: watch)
    }

    // MARK: Used by `Endings`

    /// The next endings of a watch; nil when there will be no more.
    func next(of watch: EndingWatch.ID) async throws(ClientError) -> [Ending]? {
        let event = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let event = state.withLock { state in
                    let event = state.watches.take(watch)
                    if event == nil { state.readers[watch] = continuation }
                    return event
                }
                if let event { continuation.resume(returning: event) }
                // A cancellation before the line above found no reader.
                if Task.isCancelled { cancel(watch) }
            }
        } onCancel: {
            cancel(watch)
        }
        return try event.get()
    }

    private func cancel(_ watch: EndingWatch.ID) {
        let reader = state.withLock { $0.readers.removeValue(forKey: watch) }
        reader?.resume(returning: .failure(.cancelled))
    }

    func close(_ watch: EndingWatch.ID) {
        state.withLock { $0.watches.close(watch) }
    }
}
