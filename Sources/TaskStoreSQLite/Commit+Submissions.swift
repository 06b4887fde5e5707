import GRDB
import TaskGridCore
import TaskStore

extension Commit {
    mutating func accept(_ submissions: [NewSubmission]) throws -> [Accepted] {
        let insertSubmission = try BoundStatement(
            database,
            """
            INSERT INTO submission (first, count, key, client, correlation, form, created, type, fingerprint)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
            """
        )
        let insertTask = try BoundStatement(
            database,
            """
            INSERT INTO task (id, type, position, \(TaskSettings.columns.joined(separator: ", ")), payload)
            VALUES (?, ?, ?, \(TaskSettings.columns.map { _ in "?" }.joined(separator: ", ")), ?)
            """
        )
        let insertOpen = try BoundStatement(
            database, "INSERT INTO open (id, type, priority, attempt, due, expires, due_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        )
        var accepted: [Accepted] = []
        accepted.reserveCapacity(submissions.count)
        // Those that are bound: a statement keeps what is bound to it.
        var settings: TaskSettings?
        for new in submissions {
            let submission = new.submission
            guard !submission.tasks.isEmpty else {
                accepted.append(Accepted(first: TaskID(lastTask + 1), count: 0, isRepeat: false))
                continue
            }
            let type = try types.number(adding: submission.type)
            let fingerprint = submission.fingerprint ?? Fingerprint(submission)
            try insertSubmission.bind(lastTask + 1, at: 1)
            try insertSubmission.bind(submission.tasks.count, at: 2)
            try insertSubmission.bind(submission.key, at: 3)
            try insertSubmission.bind(submission.client, at: 4)
            try insertSubmission.bind(submission.correlation, at: 5)
            try insertSubmission.bind(submission.form.number, at: 6)
            try insertSubmission.bind(new.created.rawValue, at: 7)
            try insertSubmission.bind(submission.type.name, at: 8)
            try insertSubmission.bind(fingerprint.bytes, at: 9)
            guard try insertSubmission.run() > 0 else {
                accepted.append(try repeated(submission, fingerprint))
                continue
            }
            for (position, task) in submission.tasks.enumerated() {
                let id = lastTask + 1 + Int64(position)
                try insertTask.bind(id, at: 1)
                try insertTask.bind(type, at: 2)
                try insertTask.bind(position, at: 3)
                if settings?.isSame(as: task.settings) != true {
                    settings = task.settings
                    try task.settings.bind(to: insertTask, from: 4)
                }
                try insertTask.run(binding: task.payload, at: 4 + TaskSettings.columnCount)
                let priority = task.settings.priority

                var attempt: Int64?
                var due: Int64?
                switch new.beginning(of: task) {
                case .expired:
                    try expire(id, type: type, at: new.created)
                    continue
                case .scheduled(let time):
                    attempt = 0
                    due = time.rawValue
                case .ready where !new.handsOut:
                    try cursors.addedPending(type: type, priority: priority)
                case .ready:
                    if try cursors.isClear(type: type, priority: priority) {
                        try cursors.advance(type: type, priority: priority, to: id)
                    } else {
                        // Others wait before it: the cursor may not pass them, so this one is deferred.
                        attempt = 1
                    }
                }
                let expires = new.expires(task)?.rawValue
                if attempt != nil || expires != nil {
                    try insertOpen.bind(id, at: 1)
                    try insertOpen.bind(type, at: 2)
                    try insertOpen.bind(priority, at: 3)
                    try insertOpen.bind(attempt, at: 4)
                    try insertOpen.bind(due, at: 5)
                    try insertOpen.bind(expires, at: 6)
                    try insertOpen.bind(due == nil ? nil : task.settings.due?.rawValue, at: 7)
                    try insertOpen.bind(task.settings.expires?.rawValue, at: 8)
                    try insertOpen.run()
                }
                if attempt == nil { try openRanges.add(id, type: type, priority: Int64(priority)) }
            }
            try openRanges.finish()
            accepted.append(Accepted(first: TaskID(lastTask + 1), count: submission.tasks.count, isRepeat: false))
            counters.submitted(submission.tasks.count, type: type)
            lastTask += Int64(submission.tasks.count)
            keys += 1
        }
        return accepted
    }

    /// Ends a task whose expiry had come when it was accepted.
    private mutating func expire(_ id: Int64, type: Int64, at time: Timestamp) throws {
        let insert = try BoundStatement(
            database,
            "INSERT INTO ending (id, type, state, attempt, run, completed, worker, error) VALUES (?, ?, ?, 0, 0, ?, '', ?)"
        )
        try insert.bind(id, at: 1)
        try insert.bind(type, at: 2)
        try insert.bind(Int(TaskState.expired.rawValue), at: 3)
        try insert.bind(time.rawValue, at: 4)
        try insert.bind(TaskError.expiry.description, at: 5)
        try insert.run()
        counters.ended(.expired, type: type)
    }

    /// What was answered when the key was first seen, and whether it was seen for the same.
    private func repeated(_ submission: Submission, _ fingerprint: Fingerprint) throws -> Accepted {
        let query = try BoundStatement(database, "SELECT first, count, type, fingerprint FROM submission WHERE key = ?")
        try query.bind(submission.key, at: 1)
        guard try query.step() else { throw StoreError(.corrupt, "a submission's key is in its index but not in its table") }
        let (first, count) = (query.int64(0), query.int(1))
        guard let type = query.text(2) else { return try repeated(submission, fingerprint, first: first, count: count) }
        // The fingerprint is the client's word, and may be wrong.
        let isSame =
            type == submission.type.name && count == submission.tasks.count && Fingerprint(query.data(3)) == fingerprint
        return Accepted(first: TaskID(first), count: count, isRepeat: true, conflict: isSame ? nil : try TaskType(type))
    }

    /// The same of a submission that an earlier version accepted, which kept no fingerprint: its tasks say what it was, those that are
    /// still there.
    private func repeated(_ submission: Submission, _ fingerprint: Fingerprint, first: Int64, count: Int) throws -> Accepted {
        let query = try BoundStatement(database, "SELECT type, payload FROM task WHERE id >= ? AND id < ? ORDER BY id")
        try query.bind(first, at: 1)
        try query.bind(first + Int64(count), at: 2)
        var known = submission
        known.tasks = []
        while try query.step() {
            known.type = try types.type(query.int64(0))
            known.tasks.append(Submission.Task(payload: query.data(1)))
        }
        let isSame =
            known.type == submission.type && count == submission.tasks.count
            && (known.tasks.count < count || Fingerprint(known) == fingerprint)
        return Accepted(first: TaskID(first), count: count, isRepeat: true, conflict: isSame ? nil : known.type)
    }
}

extension MessageForm {
    /// The number that stands for it in rows.
    var number: Int { self == .single ? 0 : 1 }

    init(number: Int) {
        self = number == 0 ? .single : .batch
    }
}
