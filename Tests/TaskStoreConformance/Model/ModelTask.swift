import Foundation
import TaskGridCore
import TaskStore

/// A task as the model keeps it: everything in one value.
struct ModelTask {
    let id: TaskID
    let type: TaskType
    let payload: Data
    let settings: TaskSettings
    let created: Timestamp
    let key: String
    let user: String
    let client: String?
    let correlation: String?
    let form: MessageForm
    var state: TaskState
    var attempt = 0
    var failures = 0
    var interruptions = 0
    /// Of a scheduled task; `Timestamp.atOnce` of one that was put back to wait before all others.
    var due: Timestamp?
    var expires: Timestamp?
    /// By the wall clock, where a person gave an absolute time.
    var dueAt: Timestamp?
    var expiresAt: Timestamp?
    var error: TaskError?
    var result: Data?
    var worker: String?
    var runTime: Duration?
    var completed: Timestamp?
    /// Those that did not succeed, by their numbers.
    var attempts: [Int: Attempt] = [:]

    /// The task at a position of a submission that is accepted.
    init(_ new: NewSubmission, at position: Int, id: TaskID) {
        let submission = new.submission
        let task = submission.tasks[position]
        self.id = id
        type = submission.type
        payload = task.payload
        settings = task.settings.accepted
        created = new.created
        key = submission.tasks.count > 1 ? "\(submission.key)/\(position)" : submission.key
        user = submission.user
        client = submission.client
        correlation = submission.correlation
        form = submission.form
        state = .pending
        expires = new.expires(task)
        expiresAt = task.settings.expires
        switch new.beginning(of: task) {
        case .expired: end(as: .expired, attempt: 0, error: .expiry, at: new.created)
        case .scheduled(let time):
            state = .scheduled
            due = time
            dueAt = task.settings.due
        case .ready where new.handsOut:
            state = .queued
            attempt = 1
        case .ready: break
        }
    }

    mutating func end(as state: TaskState, attempt: Int, error: TaskError?, at time: Timestamp) {
        self.state = state
        self.attempt = attempt
        self.error = error
        completed = time
        (due, dueAt, expires, expiresAt) = (nil, nil, nil, nil)
    }

    mutating func reopen() {
        state = .pending
        due = .atOnce
        (failures, interruptions) = (0, 0)
        (error, result, worker, runTime, completed) = (nil, nil, nil, nil, nil)
    }

    var open: OpenTask {
        OpenTask(
            id: id, type: type, settings: settings, created: created, attempt: attempt, failures: failures, interruptions: interruptions,
            expires: expires, client: client, correlation: correlation, form: form
        )
    }

    var record: TaskRecord {
        TaskRecord(
            id: id, type: type, payload: payload, result: result, status: state, created: created, completed: completed, attempt: attempt,
            settings: settings, error: error, worker: worker, due: due == .atOnce ? nil : due, key: key, user: user.isEmpty ? nil : user,
            expires: expires, runTime: runTime
        )
    }

    /// The outcome of each attempt, the first one first.
    var history: [Attempt] {
        var all = attempts
        if state == .succeeded, let completed {
            all[attempt] = .ended(attempt, .succeeded, at: completed, after: runTime, worker: worker)
        }
        return all.values.sorted { $0.number < $1.number }
    }
}

extension TaskSettings {
    /// These once the task is accepted, which has times of its own instead of these four: all others are kept, a new one too.
    fileprivate var accepted: TaskSettings {
        var settings = self
        (settings.delay, settings.expiry, settings.due, settings.expires) = (nil, nil, nil, nil)
        return settings
    }
}
