import Postgres
import TaskGridCore
import TaskStore

extension Commit {
    /// Asks which of the tasks in ranges are open.
    mutating func askSchedules(_ pipeline: inout Pipeline, _ state: inout OpenState) {
        var ids = [Int64]()
        for schedule in changes.schedules where schedule.id.rawValue <= known {
            let id = schedule.id.rawValue
            if state.deferred[id] == nil, state.range(holding: id) != nil { ids.append(id) }
        }
        if !ids.isEmpty { schedulesQuestion = pipeline.add(CommitSQL.findOpen, ids) }
    }

    /// Puts open tasks back, to run at once before the others of their type or at a time.
    mutating func schedule(_ pipeline: inout Pipeline, _ state: inout OpenState, _ answers: Pipeline.Answers) throws {
        let open = Set(try schedulesQuestion.map { try answers[$0].values("id", Int64.self) } ?? [])
        // Of two schedules of a task the later one counts.
        var rows: [Int64: Schedule] = [:]
        for schedule in changes.schedules {
            let id = schedule.id.rawValue
            let task: DeferredTask
            if let known = state.deferred[id] {
                task = known
            } else if let (place, range) = state.range(holding: id), id > known ? newEndings[id] == nil : open.contains(id) {
                let name = state.cursors.names[Int(range.cursor)]
                task = DeferredTask(type: name.type, priority: name.priority, attempt: state.attempt(of: id, in: range))
                try state.leave(id, place)
            } else {
                continue
            }
            var next = task
            next.attempt = max(task.attempt, Int32(clamping: schedule.attempt))
            next.due = (schedule.due ?? .atOnce).rawValue
            state.deferred.set(id, next)
            rows[id] = schedule
        }
        write(rows, &pipeline, state)
    }

    private func write(
        _ rows: [Int64: Schedule], _ pipeline: inout Pipeline, _ state: borrowing OpenState
    ) {
        guard !rows.isEmpty else { return }
        let rows = rows.compactMap { id, row in state.deferred[id].map { (id: id, schedule: row, task: $0) } }.sorted { $0.id < $1.id }
        pipeline.add(
            CommitSQL.schedule, rows.map(\.id), rows.map(\.task.due), rows.map(\.task.type), rows.map(\.task.attempt),
            rows.map { Int32(clamping: $0.schedule.failures) }, rows.map { Int32(clamping: $0.schedule.interruptions) },
            rows.map(\.task.priority), rows.map { $0.schedule.error.map { StoredText.stored($0.description) } })
    }
}
