import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// The loop that takes turns, and what ends it.
extension Dispatcher {
    /// Takes turn after turn, until it is to end.
    ///
    /// - Parameters:
    ///   - scheduler: plans, commits and settles them.
    ///   - inbox: holds what has come.
    ///   - pipe: takes what is to be said.
    ///   - consuming: the connection that the intake comes over.
    ///   - leadership: decides whether this dispatcher is the active one; nil: the lock does.
    /// - Returns: why it cannot go on; nil where it was told to end.
    func turns(
        of scheduler: Scheduler, from inbox: Inbox, to pipe: Pipe<Outbound>, over consuming: Connection,
        leading leadership: Leadership?
    ) async -> StoreError? {
        let pulse = vitals.pulse("turns")
        defer { pulse.ends() }
        /// Durable, and not settled.
        var committed: Turn?
        var next: Turn?
        func settle(isLast: Bool) async {
            guard let turn = committed.take() else { return }
            let outbound = await scheduler.settle(turn, isLast: isLast)
            if !outbound.isEmpty { await pipe.send(outbound) }
            // Once this one's work is on its way: no more of it is held than the pipe has room for.
            if outbound.leavesMore { inbox.update { $0.mustTakeMore = true } }
        }
        /// The turn before was that of a single task.
        var wasSmall = true
        var isFinished = false
        var standsBy = false
        var conflict: StoreError?
        /// How often the connection had been established when the store was last read.
        var established = 1
        while !isFinished {
            if next == nil {
                pulse.waits()
                let intake = await inbox.take()
                pulse.works()
                isFinished = intake.isFinished
                if intake.mustResume { established = await consuming.established }
                next = await scheduler.plan(intake)
            }
            guard let turn = next.take() else { break }
            // If more than one task is under way, the time of a commit on another thread gathers more for the next turn.
            let mayBlock = committed == nil && turn.isSmall && wasSmall && inbox.isEmpty
            wasSmall = turn.isSmall
            async let commit = scheduler.commit(turn, mayBlock: mayBlock)
            // While the store writes, what the turn before has to say is said, and where much waits the next turn is planned.
            await settle(isLast: false)
            if !turn.isExclusive, !isFinished, let intake = inbox.takeFull() { next = await scheduler.plan(intake) }
            committed = await commit
            let failure = committed?.failure
            if failure?.code == .unknown || !turn.plan.changes.isEmpty {
                vitals.problem("commit", failure?.code == .unknown ? failure?.message : nil)
            }
            if let failure {
                // The turn that was planned after it is invalid too.
                (committed, next) = (nil, nil)
                if failure.code == .moved { conflict = failure }
                guard failure.code == .superseded || failure.code == .unknown else { break }
                if failure.code == .unknown, turn.failure == nil, !isFinished {
                    // As after a crash: what is not acknowledged comes again over a new connection, with which a term begins.
                    await consuming.reconnect(because: "the outcome of a commit is not known")
                } else if failure.code == .superseded, !isFinished, let leadership {
                    await leadership.superseded(since: established)
                } else if failure.code == .superseded, !isFinished, await holdsLock(consuming, since: established) {
                    conflict = sharedStore(failure)
                    break
                }
            }
            if standsBy != (failure?.code == .superseded), !isFinished {
                standsBy = failure?.code == .superseded
                vitals.enter(standsBy ? .standby : .serving)
            }
            if next == nil { await settle(isLast: true) }
        }
        pipe.finish()
        return conflict
    }

    /// Whether the broker says that this dispatcher owns its lock, and has owned it since the store was last read. One whose lock is
    /// another's stands by: it connects anew.
    private func holdsLock(_ consuming: Connection, since established: Int) async -> Bool {
        do throws(AMQPError) {
            // The broker shows an exclusive queue to its owner alone (AMQP 0-9-1, `queue.declare`).
            _ = try await consuming.depth(of: topology.dispatcherLock.name)
            // One that has connected again since reads the store first: another may have been the active one meanwhile.
            return await consuming.established == established
        } catch  where error.code == .resourceLocked || error.code == .notFound {
            await giveUpLock(over: consuming, because: error)
            return false
        } catch {
            return false
        }
    }

    private func sharedStore(_ failure: StoreError) -> StoreError {
        StoreError(
            .superseded,
            "\(failure); that dispatcher belongs to another grid, because this one still has the lock of its own with the "
                + "prefix '\(topology.prefix)': give each grid a store of its own (dispatcher.store)"
        )
    }

    /// Tells the health endpoint, the log and the monitor why the dispatcher ends by itself.
    func report(_ failure: StoreError, over publisher: Publisher) async {
        vitals.problem("grid", failure.message)
        logger.error(
            failure.code == .moved
                ? "the store was moved, ending; dispatcher.store names the new one"
                : "another grid uses this store, ending; give each grid a store of its own",
            metadata: [LogKey.error: "\(failure)", LogKey.storeID: "\(store.identity)"]
        )
        let event = GridEvent(kind: .error, service: "dispatcher", at: .now(), message: failure.message)
        await publisher.attempt([.event(event, topology)])
    }
}
