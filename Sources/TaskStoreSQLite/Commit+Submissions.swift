import GRDB
import TaskGridCore
import TaskStore

/// Made once: a statement is found by its text.
private enum SubmissionSQL {
    static let insertSubmission =
        "INSERT INTO submission (\(SubmissionColumn.names)) VALUES (\(SubmissionColumn.parameters)) ON CONFLICT (user, key) DO NOTHING"
    static let insertTask = "INSERT INTO task (\(TaskColumn.names)) VALUES (\(TaskColumn.parameters))"
    static let insertOpen = "INSERT INTO open (\(OpenColumn.names)) VALUES (\(OpenColumn.parameters))"
}

extension Commit {
    mutating func accept(_ submissions: [NewSubmission]) throws -> [Accepted] {
        let insertSubmission = try BoundStatement(database, SubmissionSQL.insertSubmission)
        let insertTask = try BoundStatement(database, SubmissionSQL.insertTask)
        let insertOpen = try BoundStatement(database, SubmissionSQL.insertOpen)
        var accepted: [Accepted] = []
        accepted.reserveCapacity(submissions.count)
        let hasEarlierKeys = try hasEarlierKeys()
        // Those that are bound: a statement keeps what is bound to it.
        var settings: TaskSettings?
        for new in submissions {
            let submission = new.submission
            guard !submission.tasks.isEmpty else {
                accepted.append(Accepted(first: TaskID(lastTask + 1), count: 0, isRepeat: false))
                continue
            }
            let type = try types.number(adding: submission.type)
            if hasEarlierKeys, let repeated = try repeated(submission, of: Self.anybody) {
                accepted.append(repeated)
                continue
            }
            let fingerprint = submission.fingerprint ?? Fingerprint(submission)
            try insertSubmission.bind(lastTask + 1, to: SubmissionColumn.first)
            try insertSubmission.bind(submission.tasks.count, to: SubmissionColumn.count)
            try insertSubmission.bind(submission.user, to: SubmissionColumn.user)
            try insertSubmission.bind(submission.key, to: SubmissionColumn.key)
            try insertSubmission.bind(submission.client, to: SubmissionColumn.client)
            try insertSubmission.bind(submission.correlation, to: SubmissionColumn.correlation)
            try insertSubmission.bind(submission.form.number, to: SubmissionColumn.form)
            try insertSubmission.bind(new.created.rawValue, to: SubmissionColumn.created)
            try insertSubmission.bind(submission.type.name, to: SubmissionColumn.type)
            try insertSubmission.bind(fingerprint.bytes, to: SubmissionColumn.fingerprint)
            guard try insertSubmission.run() > 0 else {
                guard let repeated = try repeated(submission, of: submission.user) else {
                    throw StoreError(.corrupt, "a submission's key is in its index but not in its table")
                }
                accepted.append(repeated)
                continue
            }
            for (position, task) in submission.tasks.enumerated() {
                let id = lastTask + 1 + Int64(position)
                try insertTask.bind(id, to: TaskColumn.id)
                try insertTask.bind(type, to: TaskColumn.type)
                try insertTask.bind(position, to: TaskColumn.position)
                if settings?.isSame(as: task.settings) != true {
                    settings = task.settings
                    try task.settings.bind(to: insertTask, as: TaskColumn.self)
                }
                try insertTask.run(binding: task.payload, to: TaskColumn.payload)
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
                    try insertOpen.bind(id, to: OpenColumn.id)
                    try insertOpen.bind(type, to: OpenColumn.type)
                    try insertOpen.bind(priority, to: OpenColumn.priority)
                    try insertOpen.bind(attempt, to: OpenColumn.attempt)
                    try insertOpen.bind(due, to: OpenColumn.due)
                    try insertOpen.bind(expires, to: OpenColumn.expires)
                    try insertOpen.bind(due == nil ? nil : task.settings.due?.rawValue, to: OpenColumn.dueAt)
                    try insertOpen.bind(task.settings.expires?.rawValue, to: OpenColumn.expiresAt)
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
            """
            INSERT INTO ending (id, type, state, attempt, run, completed, worker, error)
            VALUES (:id, :type, :state, 0, 0, :completed, '', :error)
            """
        )
        try insert.bind(id, to: ":id")
        try insert.bind(type, to: ":type")
        try insert.bind(Int(TaskState.expired.rawValue), to: ":state")
        try insert.bind(time.rawValue, to: ":completed")
        try insert.bind(TaskError.expiry.description, to: ":error")
        try insert.run()
        counters.ended(.expired, type: type)
    }

    /// The user of the submissions that an earlier version accepted, which kept none: their keys hold for everybody.
    private static let anybody = ""

    private func hasEarlierKeys() throws -> Bool {
        let query = try BoundStatement(database, "SELECT 1 FROM submission WHERE user = :user LIMIT 1")
        try query.bind(Self.anybody, to: ":user")
        return try query.step()
    }

    /// The answer that was given when the key was first seen of a user, and whether it was seen for the same submission; nil where it was
    /// not.
    private func repeated(_ submission: Submission, of user: String) throws -> Accepted? {
        let query = try BoundStatement(
            database, "SELECT first, count, type, fingerprint FROM submission WHERE user = :user AND key = :key")
        try query.bind(user, to: ":user")
        try query.bind(submission.key, to: ":key")
        guard try query.step() else { return nil }
        let fingerprint = submission.fingerprint ?? Fingerprint(submission)
        let (first, count) = try (query.int64("first"), query.int("count"))
        guard let type = try query.text("type") else { return try repeated(submission, fingerprint, first: first, count: count) }
        // The fingerprint is the client's word, and may be wrong.
        let isSame =
            try type == submission.type.name && count == submission.tasks.count && Fingerprint(query.data("fingerprint")) == fingerprint
        return Accepted(first: TaskID(first), count: count, isRepeat: true, conflict: isSame ? nil : try TaskType(type))
    }

    /// The same of a submission that an earlier version accepted, which kept no fingerprint: its tasks say what it was, those that are
    /// still there.
    private func repeated(_ submission: Submission, _ fingerprint: Fingerprint, first: Int64, count: Int) throws -> Accepted {
        let query = try BoundStatement(database, "SELECT type, payload FROM task WHERE id >= :first AND id < :end ORDER BY id")
        try query.bind(first, to: ":first")
        try query.bind(first + Int64(count), to: ":end")
        var known = submission
        known.tasks = []
        while try query.step() {
            known.type = try types.type(query.int64("type"))
            known.tasks.append(Submission.Task(payload: try query.data("payload")))
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
