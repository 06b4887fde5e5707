import Foundation
import Postgres
import TaskGridCore
import TaskStore

/// The columns that say in which state a task is: the table of ``Schema`` says how they stand in the rows.
struct StateColumns {
    let id: PostgresColumn<Int64>
    private let name: PostgresColumn<String>
    private let ended: PostgresColumn<Int16>
    private let endedAttempt, attempt: PostgresColumn<Int32>
    let due: PostgresColumn<Int64>
    private let isPassed: PostgresColumn<Bool>

    init(_ rows: PostgresRows) throws {
        (id, name, ended) = (try rows.column("id"), try rows.column("type_name"), try rows.column("state"))
        (endedAttempt, attempt) = (try rows.column("ended_attempt"), try rows.column("attempt"))
        (due, isPassed) = (try rows.column("due"), try rows.column("is_passed"))
    }

    func type(_ row: Int) throws -> TaskType { try TaskType(stored: name[row]) }

    /// The state, and the number of the latest hand-out.
    func state(_ row: Int) throws -> (state: TaskState, attempt: Int) {
        if let number = try ended[ifPresent: row] {
            return (try TaskState(stored: number, of: id[row]), Int(try endedAttempt[row]))
        }
        guard let attempt = try attempt[ifPresent: row] else { return try isPassed[row] ? (.queued, 1) : (.pending, 0) }
        return (TaskState(due: try due[ifPresent: row].map(Timestamp.init)), Int(attempt))
    }
}

/// The columns of whole records.
struct RecordColumns {
    private let states: StateColumns
    private let settings: SettingsColumns
    private let position, count, payloadSize, resultSize: PostgresColumn<Int32>
    private let key, user, worker, endedError, openError: PostgresColumn<String>
    private let created, completed, run, expires: PostgresColumn<Int64>
    private let payload, result: PostgresColumn<Data>

    init(_ rows: PostgresRows) throws {
        states = try StateColumns(rows)
        settings = try SettingsColumns(rows)
        (position, count) = (try rows.column("position"), try rows.column("count"))
        (payloadSize, resultSize) = (try rows.column("payload_size"), try rows.column("result_size"))
        (key, user, worker) = (try rows.column("key"), try rows.column("user"), try rows.column("worker"))
        (endedError, openError) = (try rows.column("ended_error"), try rows.column("open_error"))
        (created, completed) = (try rows.column("created"), try rows.column("completed"))
        (run, expires) = (try rows.column("run"), try rows.column("expires"))
        (payload, result) = (try rows.column("payload_part"), try rows.column("result_part"))
    }

    func record(_ row: Int) throws -> TaskRecord {
        let (key, user) = (StoredText.text(try key[row]), StoredText.text(try user[row]))
        var record = TaskRecord(
            id: TaskID(try states.id[row]), type: try states.type(row), payload: try payload[row], status: .pending,
            created: Timestamp(rawValue: try created[row]), settings: try settings.settings(row),
            key: try count[row] > 1 ? "\(key)/\(try position[row])" : key, user: user.isEmpty ? nil : user,
            expires: try expires[ifPresent: row].map(Timestamp.init)
        )
        let size = Int(try payloadSize[row])
        if size > record.payload.count { record.payloadSize = size }
        (record.status, record.attempt) = try states.state(row)
        if record.status.isTerminal {
            // Of a task that no attempt ended, there is none.
            let run = try run[row]
            record.runTime = run > 0 ? .microseconds(run) : nil
            record.completed = Timestamp(rawValue: try completed[row])
            let worker = try worker[row]
            record.worker = worker.isEmpty ? nil : StoredText.text(worker)
            record.error = try endedError[ifPresent: row].map { TaskError(description: StoredText.text($0)) }
            record.result = try result[ifPresent: row]
            if let size = try resultSize[ifPresent: row].map({ Int($0) }), let count = record.result?.count, size > count {
                record.resultSize = size
            }
        } else {
            record.due = record.status == .scheduled ? try states.due[ifPresent: row].map(Timestamp.init) : nil
            record.error = try openError[ifPresent: row].map { TaskError(description: StoredText.text($0)) }
        }
        return record
    }
}

/// The outcome of each attempt of a task.
enum AttemptHistory {
    /// Those that ended, the first one first: from the rows those that did not succeed, from the ending one that did.
    static func attempts(of task: TaskRecord, _ rows: PostgresRows) throws -> [Attempt] {
        let (number, outcome) = (try rows.column("number", Int32.self), try rows.column("outcome", String.self))
        let (ended, run) = (try rows.column("ended", Int64.self), try rows.column("run", Int64.self))
        let (worker, error) = (try rows.column("worker", String.self), try rows.column("error", String.self))
        var attempts: [Attempt] = []
        for row in rows.indices {
            guard let result = Attempt.Outcome(rawValue: try outcome[row]) else {
                throw StoreError(.corrupt, "attempt \(try number[row]) of task \(task.id) has the invalid outcome '\(try outcome[row])'")
            }
            attempts.append(
                .ended(
                    Int(try number[row]), result, at: Timestamp(rawValue: try ended[row]),
                    after: try run[ifPresent: row].map { Duration.microseconds($0) },
                    worker: try worker[ifPresent: row].map(StoredText.text),
                    error: try error[ifPresent: row].map { TaskError(description: StoredText.text($0)) }))
        }
        if task.status == .succeeded, let completed = task.completed {
            // Of an attempt that was given up and got there after all, this is the last word.
            attempts.removeAll { $0.number == task.attempt }
            attempts.append(.ended(task.attempt, .succeeded, at: completed, after: task.runTime, worker: task.worker))
            attempts.sort { $0.number < $1.number }
        }
        return attempts
    }
}
