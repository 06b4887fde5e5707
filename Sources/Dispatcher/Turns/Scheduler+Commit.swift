import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore
import TaskStore

/// The commit of a turn, and its end when the store fails.
extension Scheduler {
    /// Makes a turn durable. With `mayBlock`, the calling thread may wait for the disk.
    @concurrent nonisolated func commit(_ turn: Turn, mayBlock: Bool = false) async -> Turn {
        var turn = turn
        guard turn.failure == nil else { return turn }
        turn.passFailpointsBeforeCommit()
        do throws(StoreError) {
            if !turn.plan.changes.isEmpty { turn.receipt = try await commitPlan(&turn.plan, mayBlock: mayBlock) }
        } catch {
            turn.failure = error
            await suspend(error)
            return turn
        }
        turn.passFailpointsAfterCommit()
        return turn
    }

    /// The scheduler's knowledge of the tasks may be wrong: it does nothing until it has read the store again.
    func suspend(_ error: StoreError) {
        guard suspension == nil else { return }
        suspension = error
        logger.error("store call failed, doing nothing until the store is read again", metadata: [LogKey.error: "\(error)"])
    }

    /// Another dispatcher is at work, or the store does not work and time is up.
    var isSuspended: Bool { suspension != nil }

    /// Sets the deadline for retrying failed store calls, because the process ends.
    nonisolated func stopRetrying(at deadline: ContinuousClock.Instant) {
        retriesEnd.withLock { $0 = deadline }
    }

    /// Commits a plan. If the store cannot, its submissions are rejected, and the rest is tried again until it can:
    /// a full disk must not lose the results of workers.
    ///
    /// - Throws: `superseded`; `unknown`, because changes that may be durable must not be committed again; or why the store fails, if
    ///   there is no more time to retry.
    private nonisolated func commitPlan(_ plan: inout Plan, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        do throws(StoreError) {
            let receipt = try await store.commit(plan.changes, mayBlock: mayBlock)
            if !plan.changes.submissions.isEmpty { trouble.ended(.submissions) }
            return receipt
        } catch {
            guard !Self.isFinal(error) else { throw error }
            if !plan.changes.submissions.isEmpty { trouble.found(error, by: .submissions) }
            logger.log(
                level: trouble.tells(error) ? .error : .debug, "store commit failed, rejecting its submissions and retrying the rest",
                metadata: [LogKey.error: "\(error)"])
            for new in plan.changes.submissions {
                plan.rejections += Publication.rejection(of: new.submission, Rejection(of: new.submission, error), topology)
            }
            plan.removeSubmissionsAndTakes()
        }
        guard !plan.changes.isEmpty else { return StoreReceipt() }
        let changes = plan.changes
        return try await retryUntilDone("committing results", unless: Self.isFinal) { () async throws(StoreError) in
            try await self.store.commit(changes)
        }
    }

    /// Whether a commit that failed so is not tried again.
    private static func isFinal(_ error: StoreError) -> Bool {
        error.code == .superseded || error.code == .unknown || error.code == .moved
    }

    /// Retries what must be done in the end, with backoff.
    ///
    /// - Throws: the final error; or the latest failure, where the process is to end and has no more time.
    nonisolated func retryUntilDone<Result: Sendable>(
        _ what: String, unless isFinal: (StoreError) -> Bool = { $0.code == .superseded || $0.code == .moved },
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let backoff = Backoff(base: .milliseconds(200), ceiling: .seconds(5))
        var attempts = 0
        defer { if attempts > 0 { trouble.ended(.retry) } }
        while true {
            do throws(StoreError) {
                return try await body()
            } catch {
                guard !isFinal(error) else { throw error }
                attempts += 1
                trouble.found(error, by: .retry)
                logger.error(
                    "store step failed, retrying",
                    metadata: [LogKey.storeStep: "\(what)", LogKey.error: "\(error)", LogKey.retryNumber: "\(attempts)"])
                await rejectQueued(error)
                let end = retriesEnd.withLock { $0 }
                let left = end.map { ContinuousClock.now.duration(to: $0) }
                // A cancelled task cannot sleep, and would not wait.
                guard left.map({ $0 > .zero }) ?? true, !Task.isCancelled else { throw error }
                let delay = backoff.delay(before: attempts)
                try? await Task.sleep(for: left.map { min($0, delay) } ?? delay)
            }
        }
    }
}
