import GRDB
import TaskGridCore

extension Commit {
    mutating func accept(_ submissions: [NewSubmission]) throws -> [Accepted] {
        var last = store.lastTask
        let insertSubmission = try BoundStatement(
            database,
            """
            INSERT INTO submission (first, count, key, client, correlation, form, created) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (key) DO NOTHING
            """
        )
        let insertTask = try BoundStatement(
            database,
            "INSERT INTO task (id, type, priority, position, max_attempts, timeout, payload) VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        let insertOpen = try BoundStatement(
            database, "INSERT INTO open (id, type, priority, attempt, due, expires) VALUES (?, ?, ?, ?, ?, ?)"
        )
        var accepted: [Accepted] = []
        accepted.reserveCapacity(submissions.count)
        for new in submissions {
            let submission = new.submission
            guard !submission.tasks.isEmpty else {
                accepted.append(Accepted(first: TaskID(last + 1), count: 0, isRepeat: false))
                continue
            }
            try insertSubmission.bind(last + 1, at: 1)
            try insertSubmission.bind(submission.tasks.count, at: 2)
            try insertSubmission.bind(submission.key, at: 3)
            try insertSubmission.bind(submission.client, at: 4)
            try insertSubmission.bind(submission.correlation, at: 5)
            try insertSubmission.bind(submission.form.number, at: 6)
            try insertSubmission.bind(new.created.rawValue, at: 7)
            guard try insertSubmission.run() > 0 else {
                accepted.append(try repeated(key: submission.key))
                continue
            }
            let type = try types.number(adding: submission.type)
            for (position, task) in submission.tasks.enumerated() {
                let id = last + 1 + Int64(position)
                try insertTask.bind(id, at: 1)
                try insertTask.bind(type, at: 2)
                try insertTask.bind(task.priority, at: 3)
                try insertTask.bind(position, at: 4)
                try insertTask.bind(task.maxAttempts ?? new.defaultMaxAttempts, at: 5)
                try insertTask.bind(task.timeout?.milliseconds, at: 6)
                try insertTask.run(binding: task.payload, at: 7)

                var attempt: Int64?
                var due: Int64?
                if let asked = task.due, asked > new.created {
                    attempt = 0
                    due = asked.rawValue
                } else if !new.handsOut {
                    try paths.addedPending(type: type, priority: task.priority)
                } else if try paths.isClear(type: type, priority: task.priority) {
                    try paths.advance(type: type, priority: task.priority, to: id)
                } else {
                    // Others wait before it: the cursor may not pass them, so this one goes aside.
                    attempt = 1
                }
                if attempt != nil || task.expires != nil {
                    try insertOpen.bind(id, at: 1)
                    try insertOpen.bind(type, at: 2)
                    try insertOpen.bind(task.priority, at: 3)
                    try insertOpen.bind(attempt, at: 4)
                    try insertOpen.bind(due, at: 5)
                    try insertOpen.bind(task.expires?.rawValue, at: 6)
                    try insertOpen.run()
                }
                if attempt == nil { try stretches.add(id, type: type, priority: Int64(task.priority)) }
            }
            try stretches.finish()
            accepted.append(Accepted(first: TaskID(last + 1), count: submission.tasks.count, isRepeat: false))
            books.submitted(submission.tasks.count, type: type)
            last += Int64(submission.tasks.count)
        }
        if last > store.lastTask {
            let update = try BoundStatement(database, "UPDATE store SET last_task = ?")
            try update.bind(last, at: 1)
            try update.run()
        }
        return accepted
    }

    /// What was answered when the key was first seen.
    private func repeated(key: String) throws -> Accepted {
        let query = try BoundStatement(database, "SELECT first, count FROM submission WHERE key = ?")
        try query.bind(key, at: 1)
        guard try query.step() else { throw StoreError(.corrupt, "a submission's key is in its index but not in its table") }
        return Accepted(first: TaskID(query.int64(0)), count: query.int(1), isRepeat: true)
    }
}

extension MessageForm {
    /// The number that stands for it in rows.
    var number: Int { self == .single ? 0 : 1 }

    init(number: Int) {
        self = number == 0 ? .single : .batch
    }
}
