import TaskGridCore
import TaskStore

extension ModelState {
    /// Forgets up to `limit` tasks and as many keys, those accepted first before the others.
    mutating func prune(_ retention: Retention, limit: Int) -> Pruned {
        let ended = tasks.values.filter(\.state.isTerminal).sorted { $0.id < $1.id }
        let excess = ended.count - max(0, retention.keeping)
        var pruned = Pruned()
        for task in ended where pruned.tasks < limit {
            guard pruned.tasks < excess || (task.completed.map { $0 < retention.before } ?? false) else { continue }
            tasks[task.id] = nil
            pruned.tasks += 1
        }
        let excessKeys = keys.count - max(0, retention.keeping)
        for (name, key) in keys.sorted(by: { $0.value.first < $1.value.first }) where pruned.keys < limit {
            let reach = pruned.keys < excessKeys ? retention.keysSince : min(retention.before, retention.keysSince)
            guard key.created < reach else { break }
            guard (0..<key.count).allSatisfy({ tasks[key.first.advanced(by: $0)] == nil }) else { continue }
            keys[name] = nil
            pruned.keys += 1
        }
        return pruned
    }

    /// Moves the absolute times of the next open tasks; nil: there were none, and the offset is remembered.
    mutating func align(_ wallOffset: Duration, after: TaskID?, limit: Int) -> TaskID? {
        let moved = tasks.values.filter { $0.dueAt != nil || $0.expiresAt != nil }.sorted { $0.id < $1.id }
        let next = moved.drop { task in after.map { task.id <= $0 } ?? false }.prefix(limit)
        for var task in next {
            if let dueAt = task.dueAt { task.due = max(Timestamp(rawValue: 1), dueAt - wallOffset) }
            if let expiresAt = task.expiresAt { task.expires = expiresAt - wallOffset }
            tasks[task.id] = task
        }
        if next.isEmpty { alignedOffset = wallOffset }
        return next.last?.id
    }

    func counts(of type: TaskType) -> TaskCounts {
        var counts = counters[type] ?? TaskCounts()
        for task in tasks.values where task.type == type && !task.state.isTerminal { counts[task.state] += 1 }
        return counts
    }
}
