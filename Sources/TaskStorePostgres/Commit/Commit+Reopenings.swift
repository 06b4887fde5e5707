import Postgres
import TaskGridCore
import TaskStore

extension Commit {
    /// Asks how the tasks ended.
    mutating func askReopenings(_ pipeline: inout Pipeline) {
        let ids = changes.reopenings.map(\.id.rawValue).filter { $0 <= known }
        reopeningsQuestion = pipeline.add(CommitSQL.findEndings, ids)
    }

    /// How a task ended; of an open one, nothing.
    private struct Found {
        let type: Int32
        let priority: Int16
        var ending: (state: TaskState, attempt: Int32)?
    }

    mutating func reopen(_ pipeline: inout Pipeline, _ state: inout OpenState, _ answers: Pipeline.Answers) throws {
        var found = try reopeningsQuestion.map { try Self.found(answers[$0]) } ?? [:]
        var deleted = [Int64]()
        reopened.reserveCapacity(changes.reopenings.count)
        for reopening in changes.reopenings {
            let id = reopening.id.rawValue
            if id > known { found[id] = foundNew(id, &state) }
            guard let task = found[id] else {
                reopened.append(.unknown)
                continue
            }
            guard let ending = task.ending, state.deferred[id] == nil else {
                reopened.append(.refused(openState(of: id, &state)))
                continue
            }
            guard [.failed, .cancelled, .expired].contains(ending.state) else {
                reopened.append(.refused(ending.state))
                continue
            }
            if newEndings.removeValue(forKey: id) == nil { deleted.append(id) }
            openings.reopen(
                Openings.Row(
                    id: id, type: task.type, priority: task.priority, attempt: ending.attempt, due: Timestamp.atOnce.rawValue))
            state.deferred.set(
                id, DeferredTask(type: task.type, priority: task.priority, attempt: ending.attempt, due: Timestamp.atOnce.rawValue))
            counters.reopened(ending.state, type: task.type)
            reopened.append(.done(try state.types.type(task.type), from: ending.state))
        }
        if !deleted.isEmpty { pipeline.add(CommitSQL.deleteEndings, deleted) }
    }

    private static func found(_ rows: PostgresRows) throws -> [Int64: Found] {
        let (ids, types) = (try rows.column("id", Int64.self), try rows.column("type", Int32.self))
        let priorities = try rows.column("priority", Int16.self)
        let (states, attempts) = (try rows.column("state", Int16.self), try rows.column("attempt", Int32.self))
        var found: [Int64: Found] = [:]
        for row in rows.indices {
            let id = try ids[row]
            var task = Found(type: try types[row], priority: try priorities[row])
            if let number = try states[ifPresent: row] { task.ending = (try TaskState(stored: number, of: id), try attempts[row]) }
            found[id] = task
        }
        return found
    }

    /// A task that this commit accepts.
    private func foundNew(_ id: Int64, _ state: inout OpenState) -> Found? {
        if let ending = newEndings[id] {
            let priority = priorityOfNew(id)
            return Found(type: ending.type, priority: priority, ending: (ending.state, ending.attempt))
        }
        if let task = state.deferred[id] { return Found(type: task.type, priority: task.priority) }
        return state.range(holding: id).map { _, range in
            let name = state.cursors.names[Int(range.cursor)]
            return Found(type: name.type, priority: name.priority)
        }
    }

    private func priorityOfNew(_ id: Int64) -> Int16 {
        for (new, accepted) in zip(changes.submissions, accepted) where !accepted.isRepeat {
            let position = id - accepted.first.rawValue
            if position >= 0, position < accepted.count { return Int16(clamping: new.submission.tasks[Int(position)].settings.priority) }
        }
        return 0
    }

    /// The state of a task that has not ended.
    private func openState(of id: Int64, _ state: inout OpenState) -> TaskState {
        if let task = state.deferred[id] { return TaskState(due: task.due.map(Timestamp.init)) }
        guard let (_, range) = state.range(holding: id) else { return .pending }
        return state.attempt(of: id, in: range) > 0 ? .queued : .pending
    }
}

extension TaskState {
    /// That of a deferred task, by when it is due.
    init(due: Timestamp?) { self = due == nil ? .queued : due == .atOnce ? .pending : .scheduled }

    /// A terminal state from a row of `ending`.
    init(stored number: Int16, of id: Int64) throws {
        guard let state = UInt8(exactly: number).flatMap(TaskState.init), state.isTerminal else {
            throw StoreError(.corrupt, "task \(id) has the invalid final state \(number)")
        }
        self = state
    }
}
