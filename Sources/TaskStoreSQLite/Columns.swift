/// The columns of rows that are inserted, in the order of their tables' statements.
enum SubmissionColumn: Int32, StatementColumn {
    case first, count, user, key, client, correlation, form, created, type, fingerprint
}

enum TaskColumn: Int32, SettingsColumn {
    case id, type, position, priority, maxAttempts, timeout, backoff, payload
}

enum OpenColumn: Int32, StatementColumn {
    case id, type, priority, attempt, due, expires, dueAt, expiresAt
}

/// Of an open task that is put back.
enum ScheduleColumn: Int32, StatementColumn {
    case id, type, priority, attempt, failures, interruptions, due, error
}

enum EndingColumn: Int32, StatementColumn {
    case id, type, state, attempt, run, completed, worker, error, result
}

enum AttemptColumn: Int32, StatementColumn {
    case task, number, outcome, ended, run, worker, error
}

enum OpenRangeColumn: Int32, StatementColumn {
    case type, priority, first, last, rest
}

/// The counters of a type. The values bound to the first five are added.
enum CounterColumn: Int32, StatementColumn {
    case submitted, succeeded, failed, cancelled, expired, kept, id

    static let updateSQL: String = {
        let sums = allCases.filter { $0 != .id }.map { "\($0.name) = \($0.name) + \($0.parameter)" }
        return "UPDATE type SET \(sums.joined(separator: ", ")) WHERE id = \(id.parameter)"
    }()
}
