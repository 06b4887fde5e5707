package import TaskGridCore

/// The place where the grid keeps its tasks: those accepted, those handed out, and how each task ended.
///
/// This module owns the durable record, and nothing else knows how it is kept. The dispatcher is its only caller: it gathers
/// its changes in one `StoreChanges`, commits that, and only then answers, publishes or acknowledges anything.
/// All decisions about a task's state are the dispatcher's; the store guards three promises by itself: changes are durable once
/// `commit` has returned, a task ends once (the first terminal result wins, until the task is reopened), and an id is never given twice.
///
/// An **open** task is one that has not ended. It waits (`pending`), or waits for its due time (`scheduled`), or is handed out (`queued`).
/// A ``Take`` hands out what is due, then what waits. A ``Schedule`` puts a task back: to wait before all others, or for a due time.
///
/// All times are of the **store's clock**, which never steps: see ``StoreClockReading``. If a person gave an absolute time, by the wall
/// clock, the store keeps that beside it, and ``align(_:after:limit:)`` follows the wall's steps.
///
/// Every call may throw a `StoreError`. A call that threw changed nothing, unless its code is `unknown`. Cancelling the calling task
/// does not interrupt a call.
package protocol TaskStore: Sendable {
    /// UUID text made when the store was made.
    var identity: String { get }

    /// Makes the proofs of what is handed out. Its secret is made with the store, and is the same for every dispatcher that opens it.
    var proofKey: ProofKey { get }

    /// The lease that decides which dispatcher is the active one; nil: the store has none, as one in a file of one machine.
    var lease: (any StoreLease)? { get }

    /// Begins a new term, durably: from now on changes of an earlier one are refused.
    ///
    /// A dispatcher that begins one then reads all that it has to know: nothing of an earlier term is written any more.
    func beginTerm() async throws(StoreError) -> Term

    /// Applies everything in one transaction, in this order: types, submissions, endings, reopenings, schedules,
    /// attempts, pauses, bulk actions, takes, forgets.
    ///
    /// It is durable when this returns: it survives the death of the process and of the machine. Changes of a term that is not
    /// the latest throw `superseded`. If it throws `unknown`, all of it is durable or nothing: the caller goes on as if it had crashed
    /// there. It begins a term, reads again, and answers, publishes and acknowledges nothing of these changes.
    ///
    /// With `mayBlock`, the calling thread may wait for the disk. Only a caller that runs on a thread of its own and has little to
    /// write says so: a store may then save the changes of thread.
    func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt

    /// All types that are known, ascending: those that were named and not forgotten since.
    func types() async throws(StoreError) -> [TaskType]

    /// The counters of each known type, or of some, from one snapshot.
    ///
    /// The numbers of submitted and ended tasks come from durable counters, pruned tasks included; those of pending,
    /// scheduled and queued ones (handed out and not ended) are counted. `running` is 0: only the dispatcher knows.
    ///
    /// - Parameter types: those that are asked for; nil: all.
    func counts(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: TaskCounts]

    /// The counters of the types that were forgotten, together; all of their tasks have ended.
    func countsOfForgotten() async throws(StoreError) -> TaskCounts

    /// Tasks of all types that are handed out and not ended, page after page: what a dispatcher that starts takes over.
    ///
    /// `after` is the `next` of the page before; nil: from the start.
    func handedOut(after: HandedOutPosition?, limit: Int) async throws(StoreError) -> HandedOutPage

    /// The earliest due time of the scheduled tasks of each type that has any; `Timestamp.atOnce` where one waits that was put
    /// back.
    ///
    /// - Parameter types: those that are asked for; nil: all.
    func nextDue(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: Timestamp]

    /// Of each type the waiting task that could run for longest: the first accepted one of a priority, or the one whose due time came
    /// first. Tasks that were put back to run at once are not among them. Due times up to `now` have come.
    func oldestWaiting(of types: [TaskType], at now: Timestamp) async throws(StoreError) -> [TaskType: OldestTask]

    /// The bulk actions that were written, the one that was started last first. Of those that have ended, the latest
    /// `BulkAction.maximum` are kept.
    func bulkActions() async throws(StoreError) -> [BulkAction]

    /// Open tasks whose expiry is at or before `time`, the earliest first.
    func expired(at time: Timestamp, limit: Int) async throws(StoreError) -> [OpenTask]

    /// One task, with the history of its attempts as far as they have ended; nil where the store does not know it (any more).
    func task(_ id: TaskID, content: ContentLimit) async throws(StoreError) -> TaskRecord?

    /// Those of the tasks that the store knows, in the order asked for. The page's `next` is the first of the ids that was not
    /// looked at.
    func tasks(_ ids: [TaskID], content: ContentLimit) async throws(StoreError) -> TaskPage<TaskRecord>

    /// Up to `limit` of the tasks that the filter means, the newest (highest id) first, with ids below `before`.
    ///
    /// One call is one small step: where the filter looks at each task it looks at some thousands, and the page's `next` says
    /// where to go on. A store does not know what runs: asked for `running` it answers as for `queued`.
    func tasks(
        _ filter: TaskFilter, before: TaskID?, limit: Int, content: ContentLimit
    ) async throws(StoreError) -> TaskPage<TaskRecord>

    /// A part of a task's payload or result, at most `limit` bytes after the first `from`, and how many bytes the whole has; nil
    /// where the store does not know the task, or the task has no result.
    func content(
        _ part: ContentQuery.Part, of id: TaskID, from: Int, limit: Int
    ) async throws(StoreError) -> ContentQuery.Answer?

    /// The pauses of the types that are paused.
    func pauses() async throws(StoreError) -> [TaskType: Pause]

    /// The ids of the same tasks, without reading the tasks.
    func ids(_ filter: TaskFilter, before: TaskID?, limit: Int) async throws(StoreError) -> TaskPage<TaskID>

    /// The states of those tasks that the store knows, in the order asked for. A task that runs counts as queued.
    func states(_ ids: [TaskID]) async throws(StoreError) -> [StoredState]

    /// Those of the tasks that are known and have not ended, in the order asked for.
    func open(_ ids: [TaskID]) async throws(StoreError) -> [OpenTask]

    /// Forgets ended tasks, those accepted first before the others, as far as the retention says; then keys of submissions that have no
    /// tasks left.
    ///
    /// One call is one small step: at most `limit` tasks go, some times as many are looked at, and about as many keys. Callers repeat
    /// until nothing went and there is nothing more to look at.
    func prune(_ retention: Retention, limit: Int) async throws(StoreError) -> Pruned

    /// The store's clock as the latest commit has left it; nil before the first.
    func clock() async throws(StoreError) -> StoreClockReading?

    /// Moves the tasks that are due, or expire, at an absolute time of a person's, because the wall clock is now `wallOffset` ahead of the
    /// store's: one small step, over at most `limit` tasks with ids above `after`.
    ///
    /// - Returns: The place where the next step goes on; nil: that was all, and the offset is remembered.
    func align(_ wallOffset: Duration, after: TaskID?, limit: Int) async throws(StoreError) -> TaskID?

    /// How far the wall clock was ahead when absolute times were last aligned.
    func alignedOffset() async throws(StoreError) -> Duration

    /// Whether the store can still be written, as far as that can be told without a change to it: its file is in its place.
    func check() async throws(StoreError)

    /// Waits for the calls under way, then lets go of the store. Every later call throws `closed`.
    func close() async
}

extension TaskStore {
    package var lease: (any StoreLease)? { nil }

    package func check() async throws(StoreError) {}

    /// Commits without keeping the calling thread.
    package func commit(_ changes: StoreChanges) async throws(StoreError) -> StoreReceipt { try await commit(changes, mayBlock: false) }

    /// The counters of each known type.
    package func counts() async throws(StoreError) -> [TaskType: TaskCounts] { try await counts(of: nil) }

    /// The earliest due time of the scheduled tasks of each type that has any.
    package func nextDue() async throws(StoreError) -> [TaskType: Timestamp] { try await nextDue(of: nil) }

    /// One task, whole, with the history of its attempts.
    package func task(_ id: TaskID) async throws(StoreError) -> TaskRecord? { try await task(id, content: .whole) }

    /// The tasks, whole.
    package func tasks(_ ids: [TaskID]) async throws(StoreError) -> [TaskRecord] {
        try await tasks(ids, content: .whole).elements
    }

    /// A page of tasks, whole.
    package func tasks(_ filter: TaskFilter, before: TaskID?, limit: Int) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await tasks(filter, before: before, limit: limit, content: .whole)
    }

    /// The task, if it is known and has not ended.
    package func open(_ id: TaskID) async throws(StoreError) -> OpenTask? { try await open([id]).first }
}
