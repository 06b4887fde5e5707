import Foundation
package import TaskGridCore
package import TaskStore

/// A store in memory, as simple as can be: it says by example what a store does.
package actor ModelTaskStore: TaskStore {
    package nonisolated let identity: String
    package nonisolated let proofKey: ProofKey
    private var state = ModelState()
    private var isClosed = false

    package init() {
        identity = UUID().uuidString.lowercased()
        proofKey = ProofKey(secret: ProofKey.randomSecret(), store: identity, epoch: 0)
    }

    private func opened() throws(StoreError) -> ModelState {
        guard !isClosed else { throw StoreError(.closed, "the model was closed") }
        return state
    }

    /// The next task gets an id that is so much higher.
    func skip(_ ids: Int64) { state.lastTask += ids }

    package func beginTerm() throws(StoreError) -> Term {
        state.term = Term(try opened().term.rawValue + 1)
        return state.term
    }

    package func commit(_ changes: StoreChanges, mayBlock: Bool) throws(StoreError) -> StoreReceipt {
        var next = try opened()
        guard !changes.isEmpty else { return StoreReceipt() }
        let receipt = try next.apply(changes)
        state = next
        return receipt
    }

    package func types() throws(StoreError) -> [TaskType] { try opened().types.sorted() }

    package func counts(of types: Set<TaskType>?) throws(StoreError) -> [TaskType: TaskCounts] {
        let state = try opened()
        let asked = types.map { $0.intersection(state.types) } ?? state.types
        return Dictionary(uniqueKeysWithValues: asked.map { ($0, state.counts(of: $0)) })
    }

    package func countsOfForgotten() throws(StoreError) -> TaskCounts { try opened().forgotten }

    package func handedOut(after: HandedOutPosition?, limit: Int) throws(StoreError) -> HandedOutPage {
        let last = after?.token.first ?? 0
        let tasks = try opened().tasks.values.filter { $0.state == .queued && $0.id.rawValue > last }.sorted { $0.id < $1.id }
        let page = tasks.prefix(limit)
        let next = tasks.count > limit ? page.last.map { HandedOutPosition(token: [$0.id.rawValue]) } : nil
        return HandedOutPage(tasks: page.map(\.open), next: next)
    }

    package func nextDue(of types: Set<TaskType>?) throws(StoreError) -> [TaskType: Timestamp] {
        var next: [TaskType: Timestamp] = [:]
        for task in try opened().tasks.values where types?.contains(task.type) ?? true {
            guard let due = task.due else { continue }
            next[task.type] = min(next[task.type] ?? due, due)
        }
        return next
    }

    package func oldestWaiting(of types: [TaskType], at now: Timestamp) throws(StoreError) -> [TaskType: OldestTask] {
        var oldest: [TaskType: OldestTask] = [:]
        var priorities: Set<[Int]> = []
        var putBack: Set<TaskType> = []
        // The lowest id of a priority was accepted first, whatever the clock said then.
        for task in try opened().tasks.values.sorted(by: { $0.id < $1.id }) {
            guard let type = types.firstIndex(of: task.type) else { continue }
            switch (task.state, task.due) {
            case (.pending, nil):
                guard priorities.insert([type, task.settings.priority]).inserted else { continue }
                oldest[task.type] = .older(oldest[task.type], OldestTask(id: task.id, since: task.created))
            case (.pending, .atOnce?) where task.failures + task.interruptions > 0:
                guard putBack.insert(task.type).inserted, let since = task.attempts.values.compactMap(\.ended).max() else { continue }
                oldest[task.type] = .older(oldest[task.type], OldestTask(id: task.id, since: since))
            case (.scheduled, let due?) where due <= now: oldest[task.type] = .older(oldest[task.type], OldestTask(id: task.id, since: due))
            default: continue
            }
        }
        return oldest
    }

    package func bulkActions() throws(StoreError) -> [BulkAction] {
        try opened().bulkActions.values.sorted { ($0.started, $0.id) > ($1.started, $1.id) }
    }

    package func expired(at time: Timestamp, limit: Int) throws(StoreError) -> [OpenTask] {
        let expired = try opened().tasks.values.compactMap { task in task.expires.map { (expires: $0, task: task) } }
        return expired.filter { $0.expires <= time }.sorted { ($0.expires, $0.task.id) < ($1.expires, $1.task.id) }
            .prefix(max(0, limit)).map(\.task.open)
    }

    package func task(_ id: TaskID, content: ContentLimit) throws(StoreError) -> TaskRecord? {
        guard let task = try opened().tasks[id] else { return nil }
        var record = task.record
        record.attempts = task.history
        record.keep(payload: content.payload, result: content.result)
        return record
    }

    package func tasks(_ ids: [TaskID], content: ContentLimit) throws(StoreError) -> TaskPage<TaskRecord> {
        let tasks = try opened().tasks
        var page = TaskPage<TaskRecord>(elements: [])
        var size = 0
        for id in ids {
            if let limit = content.page, size >= limit {
                page.next = id
                break
            }
            guard var record = tasks[id]?.record else { continue }
            record.keep(payload: content.payload, result: content.result)
            size += record.payload.count + (record.result?.count ?? 0)
            page.elements.append(record)
        }
        return page
    }

    package func tasks(
        _ filter: TaskFilter, before: TaskID?, limit: Int, content: ContentLimit
    ) throws(StoreError) -> TaskPage<TaskRecord> {
        let found = try ids(filter, before: before, limit: limit)
        var page = try tasks(found.elements, content: content)
        page.next = page.next == nil ? found.next : page.elements.last?.id
        return page
    }

    package func content(
        _ part: ContentQuery.Part, of id: TaskID, from: Int, limit: Int
    ) throws(StoreError) -> ContentQuery.Answer? {
        let task = try opened().tasks[id]
        guard let whole = part == .payload ? task?.payload : task?.result else { return nil }
        return ContentQuery.Answer(bytes: Data(whole.dropFirst(max(0, from)).prefix(max(0, limit))), size: whole.count)
    }

    package func pauses() throws(StoreError) -> [TaskType: Pause] { try opened().pauses }

    package func ids(_ filter: TaskFilter, before: TaskID?, limit: Int) throws(StoreError) -> TaskPage<TaskID> {
        var filter = filter
        if filter.state == .running { filter.state = .queued }
        let tasks = try opened().tasks.values
        guard limit > 0 else { return TaskPage(elements: [], next: before) }
        let ids = tasks.filter { task in before.map { task.id < $0 } ?? true && filter.matches(task.record) }.map(\.id).sorted(by: >)
        let page = Array(ids.prefix(limit))
        return TaskPage(elements: page, next: ids.count > limit ? page.last : nil)
    }

    package func states(_ ids: [TaskID]) throws(StoreError) -> [StoredState] {
        let tasks = try opened().tasks
        return ids.compactMap { tasks[$0] }.map { StoredState(id: $0.id, type: $0.type, state: $0.state, attempt: $0.attempt) }
    }

    package func open(_ ids: [TaskID]) throws(StoreError) -> [OpenTask] {
        let tasks = try opened().tasks
        return ids.compactMap { tasks[$0] }.filter { !$0.state.isTerminal }.map(\.open)
    }

    package func prune(_ retention: Retention, limit: Int) throws(StoreError) -> Pruned {
        _ = try opened()
        return state.prune(retention, limit: limit)
    }

    package func clock() throws(StoreError) -> StoreClockReading? { try opened().clock }

    package func align(_ wallOffset: Duration, after: TaskID?, limit: Int) throws(StoreError) -> TaskID? {
        _ = try opened()
        return state.align(wallOffset, after: after, limit: limit)
    }

    package func alignedOffset() throws(StoreError) -> Duration { try opened().alignedOffset }

    package func close() { isClosed = true }
}
