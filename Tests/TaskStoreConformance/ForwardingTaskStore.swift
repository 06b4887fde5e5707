package import TaskGridCore
package import TaskStore

/// A store of a test that passes on to another one what it does not do itself.
package protocol ForwardingTaskStore: TaskStore {
    var store: any TaskStore { get }
}

extension ForwardingTaskStore {
    package var identity: String { store.identity }
    package var proofKey: ProofKey { store.proofKey }
    package var lease: (any StoreLease)? { store.lease }
    package func beginTerm() async throws(StoreError) -> Term { try await store.beginTerm() }
    package func commit(_ changes: StoreChanges, mayBlock: Bool) async throws(StoreError) -> StoreReceipt {
        try await store.commit(changes, mayBlock: mayBlock)
    }
    package func types() async throws(StoreError) -> [TaskType] { try await store.types() }
    package func counts(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: TaskCounts] { try await store.counts(of: types) }
    package func countsOfForgotten() async throws(StoreError) -> TaskCounts { try await store.countsOfForgotten() }
    package func handedOut(after: HandedOutPosition?, limit: Int) async throws(StoreError) -> HandedOutPage {
        try await store.handedOut(after: after, limit: limit)
    }
    package func nextDue(of types: Set<TaskType>?) async throws(StoreError) -> [TaskType: Timestamp] { try await store.nextDue(of: types) }
    package func oldestWaiting(of types: [TaskType], at now: Timestamp) async throws(StoreError) -> [TaskType: OldestTask] {
        try await store.oldestWaiting(of: types, at: now)
    }
    package func bulkActions() async throws(StoreError) -> [BulkAction] { try await store.bulkActions() }
    package func expired(at time: Timestamp, limit: Int) async throws(StoreError) -> [OpenTask] {
        try await store.expired(at: time, limit: limit)
    }
    package func task(_ id: TaskID, content: ContentLimit) async throws(StoreError) -> TaskRecord? {
        try await store.task(id, content: content)
    }
    package func tasks(_ ids: [TaskID], content: ContentLimit) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await store.tasks(ids, content: content)
    }
    package func tasks(
        _ filter: TaskFilter, before: TaskID?, limit: Int, content: ContentLimit
    ) async throws(StoreError) -> TaskPage<TaskRecord> {
        try await store.tasks(filter, before: before, limit: limit, content: content)
    }
    package func content(
        _ part: ContentQuery.Part, of id: TaskID, from: Int, limit: Int
    ) async throws(StoreError) -> ContentQuery.Answer? {
        try await store.content(part, of: id, from: from, limit: limit)
    }
    package func pauses() async throws(StoreError) -> [TaskType: Pause] { try await store.pauses() }
    package func ids(_ filter: TaskFilter, before: TaskID?, limit: Int) async throws(StoreError) -> TaskPage<TaskID> {
        try await store.ids(filter, before: before, limit: limit)
    }
    package func states(_ ids: [TaskID]) async throws(StoreError) -> [StoredState] { try await store.states(ids) }
    package func open(_ ids: [TaskID]) async throws(StoreError) -> [OpenTask] { try await store.open(ids) }
    package func prune(_ retention: Retention, limit: Int) async throws(StoreError) -> Pruned {
        try await store.prune(retention, limit: limit)
    }
    package func clock() async throws(StoreError) -> StoreClockReading? { try await store.clock() }
    package func align(_ wallOffset: Duration, after: TaskID?, limit: Int) async throws(StoreError) -> TaskID? {
        try await store.align(wallOffset, after: after, limit: limit)
    }
    package func alignedOffset() async throws(StoreError) -> Duration { try await store.alignedOffset() }
    package func check() async throws(StoreError) { try await store.check() }
    package func close() async { await store.close() }
}
