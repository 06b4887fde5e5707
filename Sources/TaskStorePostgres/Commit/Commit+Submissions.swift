import Foundation
import Postgres
import TaskGridCore
import TaskStore

/// The submission that a key stands for.
struct KnownSubmission {
    let first: TaskID
    let count: Int
    let type: String
    let fingerprint: Fingerprint?

    /// The answer to a submission with the same key. The fingerprint is the client's word, and may be wrong.
    func repeated(_ new: NewSubmission) throws -> Accepted {
        let isSame = type == new.submission.type.name && count == new.submission.tasks.count && fingerprint == new.fingerprint
        return Accepted(first: first, count: count, isRepeat: true, conflict: isSame ? nil : try TaskType(stored: type))
    }
}

extension Commit {
    /// Applies the answers to the keys: adds the tasks of new ones, and answers the others.
    mutating func accept(
        _ pipeline: inout Pipeline, _ state: inout OpenState, _ answers: Pipeline.Answers?, repeated: PostgresRows?
    ) throws {
        var old: [Int: KnownSubmission] = [:]
        if let repeated, let keysQuestion, let answers { old = try knownSubmissions(repeated, newKeys.repeats(answers[keysQuestion])) }
        newKeys.repeated = old.count
        var tasks: [TaskRow] = []
        tasks.reserveCapacity(newKeys.rows.reduce(0) { $0 + $1.count })
        var moved: [(submission: Submission, first: Int64)] = []
        var next = newKeys.rows.startIndex
        for (index, new) in changes.submissions.enumerated() {
            let submission = new.submission
            let first = state.slot.lastTask + 1
            if let earlier = newKeys.same[index] {
                let known =
                    old[earlier]
                    ?? KnownSubmission(
                        first: accepted[earlier].first, count: accepted[earlier].count,
                        type: changes.submissions[earlier].submission.type.name, fingerprint: changes.submissions[earlier].fingerprint)
                accepted.append(try known.repeated(new))
            } else if submission.tasks.isEmpty {
                accepted.append(Accepted(first: TaskID(first), count: 0, isRepeat: false))
            } else {
                let row = newKeys.rows[next]
                next += 1
                if let known = old[index] {
                    accepted.append(try known.repeated(new))
                    continue
                }
                if row.first != first { moved.append((submission, first)) }
                try accept(new, &tasks, &state)
                accepted.append(Accepted(first: TaskID(first), count: submission.tasks.count, isRepeat: false))
            }
        }
        if !moved.isEmpty {
            pipeline.add(
                CommitSQL.moveSubmissions, moved.map { StoredText.stored($0.submission.user) },
                moved.map { StoredText.stored($0.submission.key) },
                moved.map(\.first))
        }
        if !tasks.isEmpty { _ = pipeline.add(CommitSQL.insertTasks(tasks)) }
    }

    /// The submissions of keys that were used before, by the index of those that repeat them.
    private func knownSubmissions(_ rows: PostgresRows, _ asked: [NewKeys.Row]) throws -> [Int: KnownSubmission] {
        let (place, first, count) = (
            try rows.column("place", Int64.self), try rows.column("first", Int64.self), try rows.column("count", Int32.self)
        )
        let (type, fingerprint) = (try rows.column("type", String.self), try rows.column("fingerprint", Data.self))
        var known: [Int: KnownSubmission] = [:]
        for row in rows.indices {
            let index = Int(try place[row]) - 1
            guard asked.indices.contains(index) else { continue }
            known[asked[index].index] = KnownSubmission(
                first: TaskID(try first[row]), count: Int(try count[row]), type: try type[row],
                fingerprint: Fingerprint(try fingerprint[row]))
        }
        guard known.count == asked.count else {
            throw StoreError(.corrupt, "a submission's key is in its index but not in its table")
        }
        if hasKeysOfAll { try describeByTasks(&known, rows, asked) }
        return known
    }

    /// Completes the submissions whose type and fingerprint are not known, by the tasks of theirs that are still there.
    private func describeByTasks(_ known: inout [Int: KnownSubmission], _ rows: PostgresRows, _ asked: [NewKeys.Row]) throws {
        let (place, payloads) = (try rows.column("place", Int64.self), try rows.column("payloads", arrayOf: Data.self))
        let type = try rows.column("task_type", String.self)
        for row in rows.indices {
            let index = asked[Int(try place[row]) - 1].index
            guard let found = known[index], found.type.isEmpty else { continue }
            let new = changes.submissions[index]
            var earlier = new.submission
            if let type = try type[ifPresent: row] { earlier.type = try TaskType(stored: type) }
            earlier.tasks = try payloads[row].map { Submission.Task(payload: $0 ?? Data()) }
            known[index] = KnownSubmission(
                first: found.first, count: found.count, type: earlier.type.name,
                fingerprint: earlier.tasks.count < found.count ? new.fingerprint : Fingerprint(earlier))
        }
    }

    /// The way in which tasks with the same settings begin.
    private struct Course {
        let settings: TaskSettings
        let row: SettingsRow
        let beginning: NewSubmission.Beginning
        let expires: Timestamp?
        let cursor: Int32
    }

    /// Adds the tasks of a submission whose key is new.
    private mutating func accept(_ new: NewSubmission, _ rows: inout [TaskRow], _ state: inout OpenState) throws {
        let submission = new.submission
        guard let type = state.types.number(of: submission.type) else {
            throw StoreError(.corrupt, "the type '\(submission.type)' was added and is not in the type table")
        }
        let first = state.slot.lastTask + 1
        var course: Course?
        // Neighbours that join the ranges together.
        var run = (first: first, count: 0)
        func finish(_ state: inout OpenState) {
            guard run.count > 0, let course else { return }
            let isHandedOut = new.handsOut && state.cursors[course.cursor].pending == 0
            state.add(run.first, count: run.count, cursor: course.cursor, isHandedOut: isHandedOut, hasRows: course.expires != nil)
            run.count = 0
        }
        for (position, task) in submission.tasks.enumerated() {
            let id = first + Int64(position)
            if course?.settings.isSame(as: task.settings) != true {
                finish(&state)
                let row = SettingsRow(task.settings)
                course = Course(
                    settings: task.settings, row: row, beginning: new.beginning(of: task), expires: new.expires(task),
                    cursor: state.cursors.index(adding: CursorName(type: type, priority: row.priority))
                )
            }
            guard let course else { continue }
            rows.append(TaskRow(id: id, type: type, position: Int32(position), settings: course.row, payload: task.payload))
            var opening = Openings.Row(
                id: id, type: type, priority: course.row.priority, expires: course.expires?.rawValue,
                expiresAt: task.settings.expires?.rawValue)
            switch course.beginning {
            case .expired:
                newEndings[id] = EndingRow(
                    id: id, type: type, state: .expired, attempt: 0, completed: new.created.rawValue, error: TaskError.expiry.description)
                counters.ended(.expired, type: type)
                continue
            case .scheduled(let time):
                opening.attempt = 0
                opening.due = time.rawValue
                opening.dueAt = task.settings.due?.rawValue
            case .ready where new.handsOut && state.cursors[course.cursor].pending > 0:
                // Others wait before it: the cursor may not pass them, so this one is deferred.
                opening.attempt = 1
            case .ready:
                if run.count == 0 { run.first = id }
                run.count += 1
            }
            if let attempt = opening.attempt {
                state.deferred.set(id, DeferredTask(type: type, priority: opening.priority, attempt: attempt, due: opening.due))
            }
            if opening.attempt != nil || opening.expires != nil { openings.insert(opening) }
        }
        finish(&state)
        counters.submitted(submission.tasks.count, type: type)
        state.slot.lastTask += Int64(submission.tasks.count)
    }
}
