import TaskGridCore
import TaskStore

/// What a store should hold, kept the plainest way: against it the real ones are checked.
struct StoreModel {
    struct Entry {
        let id: TaskID
        let type: TaskType
        let key: String
        let priority: Int
        let created: Timestamp
        var expires: Timestamp?
        var state: TaskState
        var attempt = 0
        var due: Timestamp?
        var completed: Timestamp?
    }

    private(set) var entries: [TaskID: Entry] = [:]
    private(set) var accepted: [String: (first: TaskID, count: Int, created: Timestamp)] = [:]
    private var pruned: [TaskType: TaskCounts] = [:]
    private var last: Int64 = 0

    mutating func accept(_ new: NewSubmission) -> Accepted {
        let submission = new.submission
        if let known = accepted[submission.key] { return Accepted(first: known.first, count: known.count, isRepeat: true) }
        let first = TaskID(last + 1)
        for (position, task) in submission.tasks.enumerated() {
            let isExpired = task.settings.expires.map { $0 <= new.created } ?? false
            let isScheduled = !isExpired && task.settings.due.map { $0 > new.created } ?? false
            let isOut = !isExpired && !isScheduled && new.handsOut
            let id = first.advanced(by: position)
            entries[id] = Entry(
                id: id, type: submission.type, key: submission.tasks.count == 1 ? submission.key : "\(submission.key)/\(position)",
                priority: task.settings.priority, created: new.created, expires: task.settings.expires,
                state: isExpired ? .expired : isScheduled ? .scheduled : isOut ? .queued : .pending, attempt: isOut ? 1 : 0,
                due: isScheduled ? task.settings.due : nil, completed: isExpired ? new.created : nil
            )
        }
        last += Int64(submission.tasks.count)
        accepted[submission.key] = (first, submission.tasks.count, new.created)
        return Accepted(first: first, count: submission.tasks.count, isRepeat: false)
    }

    mutating func end(_ ending: NewEnding) -> Bool {
        guard var entry = entries[ending.id], !entry.state.isTerminal else { return false }
        entry.state = ending.state
        entry.attempt = ending.state == .succeeded ? ending.attempt : max(entry.attempt, ending.attempt)
        entry.due = nil
        entry.completed = ending.completed
        entries[ending.id] = entry
        return true
    }

    mutating func reopen(_ reopening: Reopening) -> Reopened {
        guard var entry = entries[reopening.id] else { return .unknown }
        let state = entry.state
        guard [.failed, .cancelled, .expired].contains(state) else { return .refused(state) }
        entry.state = .pending
        entry.due = .atOnce
        entry.completed = nil
        entry.expires = nil
        entries[reopening.id] = entry
        return .done(entry.type, from: state)
    }

    mutating func schedule(_ schedule: Schedule) {
        guard var entry = entries[schedule.id], !entry.state.isTerminal else { return }
        entry.state = schedule.due == nil ? .pending : .scheduled
        entry.attempt = max(entry.attempt, schedule.attempt)
        // A pending one that was put back goes first.
        entry.due = schedule.due ?? .atOnce
        entries[schedule.id] = entry
    }

    /// The ids and attempts that a take of so many gives.
    mutating func take(_ take: Take) -> (handOuts: [[Int]], isExhausted: Bool) {
        let open = entries.values.filter { $0.type == take.type }
        let due = open.filter { $0.due.map { $0 <= take.now } ?? false }.sorted { ($0.due!, $0.id) < ($1.due!, $1.id) }
        let pending = open.filter { $0.state == .pending && $0.due == nil }.sorted { (-$0.priority, $0.id) < (-$1.priority, $1.id) }
        let ready = due + pending
        for var entry in ready.prefix(take.limit) {
            entry.state = .queued
            entry.attempt += 1
            entry.due = nil
            entries[entry.id] = entry
        }
        return (ready.prefix(take.limit).map { [Int($0.id.rawValue), $0.attempt + 1] }, ready.count <= take.limit)
    }

    mutating func prune(before: Timestamp, keeping: Int, limit: Int) -> Int {
        let ended = entries.values.filter { $0.state.isTerminal }.sorted { $0.id < $1.id }
        let excess = ended.count - keeping
        var gone: [Entry] = []
        for entry in ended where gone.count < limit && (gone.count < excess || entry.completed! < before) { gone.append(entry) }
        for entry in gone {
            pruned[entry.type, default: TaskCounts()].submitted += 1
            pruned[entry.type, default: TaskCounts()][entry.state] += 1
            entries[entry.id] = nil
        }
        // In the order in which they were accepted, up to the first young one.
        for (key, submission) in accepted.sorted(by: { $0.value.first < $1.value.first }) {
            guard submission.created < before else { break }
            let ids = (0..<submission.count).map { submission.first.advanced(by: $0) }
            if ids.allSatisfy({ entries[$0] == nil }) { accepted[key] = nil }
        }
        return gone.count
    }

    func counts(of type: TaskType) -> TaskCounts {
        var counts = pruned[type] ?? TaskCounts()
        for entry in entries.values where entry.type == type {
            counts.submitted += 1
            counts[entry.state] += 1
        }
        return counts
    }
}
