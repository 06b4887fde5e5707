package import Foundation

/// Some rows of one of a store's large tables, as plain values: times are milliseconds, states and forms the numbers that rows have.
package struct StorePage: Sendable {
    /// A table that is read page by page, in this order.
    package enum Table: String, CaseIterable, Sendable {
        case submissions, tasks, endings, attempts, ranges, openings
    }

    package enum Rows: Sendable {
        case submissions([SubmissionRow])
        case tasks([TaskRow])
        case endings([EndingRow])
        case attempts([AttemptRow])
        case ranges([RangeRow])
        case openings([OpeningRow])
    }

    package struct SubmissionRow: Hashable, Sendable {
        package var first, count, form, created: Int64
        /// Empty: an earlier version accepted it, and its key holds for every user.
        package var user: String
        package var key: String
        package var client, correlation: String?
        /// Nil: an earlier version accepted it.
        package var type: String?
        /// The same.
        package var fingerprint: Data?

        package init(
            first: Int64, count: Int64, form: Int64, created: Int64, user: String, key: String, client: String?, correlation: String?,
            type: String?, fingerprint: Data?
        ) {
            (self.first, self.count, self.form, self.created) = (first, count, form, created)
            (self.user, self.key, self.client, self.correlation) = (user, key, client, correlation)
            (self.type, self.fingerprint) = (type, fingerprint)
        }
    }

    package struct TaskRow: Hashable, Sendable {
        package var id, type, position, priority, maxAttempts: Int64
        package var timeout: Int64?
        package var backoff: String?
        package var payload: Data

        package init(
            id: Int64, type: Int64, position: Int64, priority: Int64, maxAttempts: Int64, timeout: Int64?, backoff: String?, payload: Data
        ) {
            (self.id, self.type, self.position, self.priority, self.maxAttempts) = (id, type, position, priority, maxAttempts)
            (self.timeout, self.backoff, self.payload) = (timeout, backoff, payload)
        }
    }

    package struct EndingRow: Hashable, Sendable {
        package var id, type, state, attempt, run, completed: Int64
        package var worker: String
        package var error: String?
        package var result: Data?

        package init(
            id: Int64, type: Int64, state: Int64, attempt: Int64, run: Int64, completed: Int64, worker: String, error: String?,
            result: Data?
        ) {
            (self.id, self.type, self.state, self.attempt) = (id, type, state, attempt)
            (self.run, self.completed, self.worker, self.error, self.result) = (run, completed, worker, error, result)
        }
    }

    package struct AttemptRow: Hashable, Sendable {
        package var task, number, ended: Int64
        package var outcome: String
        package var run: Int64?
        package var worker, error: String?

        package init(task: Int64, number: Int64, ended: Int64, outcome: String, run: Int64?, worker: String?, error: String?) {
            (self.task, self.number, self.ended, self.outcome) = (task, number, ended, outcome)
            (self.run, self.worker, self.error) = (run, worker, error)
        }
    }

    package struct RangeRow: Hashable, Sendable {
        package var type, priority, first, last, rest: Int64

        package init(type: Int64, priority: Int64, first: Int64, last: Int64, rest: Int64) {
            (self.type, self.priority, self.first, self.last, self.rest) = (type, priority, first, last, rest)
        }
    }

    package struct OpeningRow: Hashable, Sendable {
        package var id, type, priority, failures, interruptions: Int64
        package var attempt, due, expires, dueAt, expiresAt: Int64?
        package var error: String?

        package init(
            id: Int64, type: Int64, priority: Int64, failures: Int64, interruptions: Int64, attempt: Int64?, due: Int64?, expires: Int64?,
            dueAt: Int64?, expiresAt: Int64?, error: String?
        ) {
            (self.id, self.type, self.priority, self.failures) = (id, type, priority, failures)
            (self.interruptions, self.attempt, self.due, self.expires) = (interruptions, attempt, due, expires)
            (self.dueAt, self.expiresAt, self.error) = (dueAt, expiresAt, error)
        }
    }

    /// The most rows of a page.
    package static let maximumRows = 10_000
    /// The bytes of payloads and results at which a page ends.
    package static let maximumBytes = 8 << 20

    package let rows: Rows
    /// The key of the last row, after which the next page begins; nil: there are no more rows.
    package let next: [Int64]?

    package init(_ rows: Rows, next: [Int64]?) {
        self.rows = rows
        self.next = next
    }

    package var count: Int {
        switch rows {
        case .submissions(let rows): rows.count
        case .tasks(let rows): rows.count
        case .endings(let rows): rows.count
        case .attempts(let rows): rows.count
        case .ranges(let rows): rows.count
        case .openings(let rows): rows.count
        }
    }
}
