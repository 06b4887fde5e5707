import Foundation
import Postgres
import TaskGridCore
import TaskStore

/// A row of `task` to insert.
struct TaskRow {
    let id: Int64
    let type: Int32
    let position: Int32
    let settings: SettingsRow
    let payload: Data
}

/// The settings of an accepted task as its row of `task` has them.
struct SettingsRow {
    let timeout: Int64?
    let maxAttempts: Int32
    let priority: Int16
    let backoff: String?

    init(_ settings: TaskSettings) {
        timeout = settings.timeout?.milliseconds
        maxAttempts = Int32(clamping: settings.maxAttempts ?? 1)
        priority = Int16(clamping: settings.priority)
        backoff = settings.backoff?.description
    }
}

/// A row of `ending` to insert.
struct EndingRow {
    var id: Int64
    var type: Int32
    var state: TaskState
    var attempt: Int32
    var runTime: Int64 = 0
    var completed: Int64
    var worker = ""
    var error: String?
    var result: Data?
}

extension PostgresQuery {
    /// Inserts tasks, whose columns are written one after another into one buffer.
    func callAsFunction(_ rows: [TaskRow]) -> PostgresStatement {
        var parameters = PostgresParameters()
        parameters.reserve(rows.count * 80 + rows.reduce(0) { $0 + $1.payload.count })
        parameters.append(array: rows.lazy.map(\.id))
        parameters.append(array: rows.lazy.map(\.settings.timeout))
        parameters.append(array: rows.lazy.map(\.type))
        parameters.append(array: rows.lazy.map(\.position))
        parameters.append(array: rows.lazy.map(\.settings.maxAttempts))
        parameters.append(array: rows.lazy.map(\.settings.priority))
        parameters.append(array: rows.lazy.map(\.settings.backoff))
        parameters.append(arrayOf: Data.self) { array in for row in rows { array.append(row.payload) } }
        return PostgresStatement(self, parameters)
    }

    /// Inserts endings.
    ///
    /// - Parameters:
    ///   - rows: the rows.
    ///   - mayBeGone: up to this id the tasks may be gone; nil: the statement does not ask.
    func callAsFunction(_ rows: [EndingRow], mayBeGone: Int64? = nil) -> PostgresStatement {
        var parameters = PostgresParameters()
        parameters.reserve(rows.count * 100 + rows.reduce(0) { $0 + ($1.result?.count ?? 0) })
        parameters.append(array: rows.lazy.map(\.id))
        parameters.append(array: rows.lazy.map(\.completed))
        parameters.append(array: rows.lazy.map(\.runTime))
        parameters.append(array: rows.lazy.map(\.type))
        parameters.append(array: rows.lazy.map(\.attempt))
        parameters.append(array: rows.lazy.map { Int16($0.state.rawValue) })
        parameters.append(array: rows.lazy.map { StoredText.stored($0.worker) })
        parameters.append(array: rows.lazy.map { $0.error.map(StoredText.stored) })
        parameters.append(arrayOf: Data.self) { array in for row in rows { array.append(row.result) } }
        if let mayBeGone { parameters.append(mayBeGone) }
        return PostgresStatement(self, parameters)
    }

    /// Inserts submissions, each with the id of its first task.
    func callAsFunction(_ rows: [(new: NewSubmission, first: Int64)]) -> PostgresStatement {
        let submissions = rows.lazy.map(\.new.submission)
        var parameters = PostgresParameters()
        parameters.append(array: rows.lazy.map(\.first))
        parameters.append(array: rows.lazy.map(\.new.created.rawValue))
        parameters.append(array: submissions.map { Int32($0.tasks.count) })
        parameters.append(array: submissions.map(\.form.number))
        parameters.append(array: submissions.map { StoredText.stored($0.user) })
        parameters.append(array: submissions.map { StoredText.stored($0.key) })
        parameters.append(array: submissions.map { $0.client.map(StoredText.stored) })
        parameters.append(array: submissions.map { $0.correlation.map(StoredText.stored) })
        parameters.append(array: submissions.map(\.type.name))
        parameters.append(array: rows.lazy.map(\.new.fingerprint.bytes))
        return PostgresStatement(self, parameters)
    }
}

extension NewSubmission {
    var fingerprint: Fingerprint { submission.fingerprint ?? Fingerprint(submission) }
}

extension MessageForm {
    /// The number that stands for it in rows.
    var number: Int16 { self == .single ? 0 : 1 }

    init(number: Int16) {
        self = number == 0 ? .single : .batch
    }
}
