import Foundation
package import TaskGridCore
package import TaskStore

extension TaskType {
    package static let reverse = TaskType(literal: "reverse")
    package static let sum = TaskType(literal: "sum")
}

extension Timestamp {
    /// A time of the tests: milliseconds after the first.
    package static func at(_ milliseconds: Int) -> Timestamp { Timestamp(rawValue: 1_700_000_000_000 + Int64(milliseconds)) }
}

extension Submission.Task {
    package static func text(
        _ text: String, priority: Int = 0, due: Timestamp? = nil, expires: Timestamp? = nil
    ) -> Submission.Task {
        Submission.Task(payload: Data(text.utf8), settings: TaskSettings(priority: priority, due: due, expires: expires))
    }
}

extension NewSubmission {
    package static func of(
        key: String = UUID().uuidString, _ tasks: [Submission.Task], created: Timestamp = .at(0), handsOut: Bool = false
    ) -> NewSubmission {
        of(.reverse, key: key, tasks, created: created, handsOut: handsOut)
    }

    package static func of(
        _ type: TaskType, key: String = UUID().uuidString, _ tasks: [Submission.Task], created: Timestamp = .at(0),
        handsOut: Bool = false
    ) -> NewSubmission {
        NewSubmission(
            submission: Submission(
                form: tasks.count == 1 ? .single : .batch, type: type, key: key, client: "client-1", correlation: "c-\(key)", tasks: tasks
            ),
            created: created, handsOut: handsOut, defaultMaxAttempts: 3
        )
    }
}

extension NewEnding {
    package static func of(
        _ id: TaskID, _ state: TaskState = .succeeded, type: TaskType = .reverse, result: String = "done", attempt: Int = 1,
        completed: Timestamp = .at(10)
    ) -> NewEnding {
        NewEnding(
            id: id, type: type, state: state, result: Data(result.utf8),
            error: state == .succeeded ? nil : TaskError(.failed, "could not"), worker: "worker-1", attempt: attempt,
            runTime: .milliseconds(2), completed: completed
        )
    }
}

extension Take {
    package static func of(_ type: TaskType = .reverse, limit: Int = 100, bytes: Int = 1 << 20, now: Timestamp = .at(0)) -> Take {
        Take(type: type, limit: limit, bytes: bytes, now: now)
    }
}

extension TaskStore {
    /// - Returns: How many tasks went.
    package func prune(before: Timestamp, keeping: Int, limit: Int) async throws -> Int {
        try await prune(Retention(before: before, keeping: keeping, keysSince: before), limit: limit).tasks
    }

    /// Commits one submission.
    @discardableResult
    package func submit(_ submission: NewSubmission) async throws -> Accepted {
        var changes = StoreChanges()
        let ticket = changes.accept(submission)
        return try await commit(changes)[ticket]
    }

    @discardableResult
    package func end(_ endings: NewEnding...) async throws -> [Bool] {
        var changes = StoreChanges()
        let tickets = endings.map { changes.end($0) }
        let receipt = try await commit(changes)
        return tickets.map { receipt[$0] }
    }

    /// Commits one take.
    package func take(_ take: Take = .of()) async throws -> Taken {
        var changes = StoreChanges()
        let ticket = changes.take(take)
        return try await commit(changes)[ticket]
    }

    package func counts(of type: TaskType = .reverse) async throws -> TaskCounts {
        try await counts()[type] ?? TaskCounts()
    }

    /// The tasks of a type that are handed out, read page by page.
    package func handedOut(_ type: TaskType = .reverse, limit: Int = 2) async throws -> [OpenTask] {
        var tasks: [OpenTask] = []
        var next: HandedOutPosition?
        repeat {
            let page = try await handedOut(after: next, limit: limit)
            tasks += page.tasks
            next = page.next
        } while next != nil
        return tasks.filter { $0.type == type }.sorted { $0.id < $1.id }
    }

    package func ids(type: TaskType? = nil, state: TaskState? = nil, before: TaskID? = nil, limit: Int = 100) async throws -> [TaskID] {
        try await ids(TaskFilter(type: type, state: state), before: before, limit: limit).elements
    }

    /// Everything that a filter means, page by page.
    package func all(_ filter: TaskFilter, limit: Int) async throws -> (ids: [TaskID], pages: Int) {
        var ids: [TaskID] = []
        var pages = 0
        var next: TaskID?
        repeat {
            let page = try await self.ids(filter, before: next, limit: limit)
            ids += page.elements
            next = page.next
            pages += 1
        } while next != nil
        return (ids, pages)
    }

    @discardableResult
    package func reopen(_ ids: TaskID...) async throws -> [Reopened] {
        var changes = StoreChanges()
        let tickets = ids.map { changes.reopen(Reopening(id: $0)) }
        let receipt = try await commit(changes)
        return tickets.map { receipt[$0] }
    }

    package func forget(_ type: TaskType) async throws -> Bool {
        var changes = StoreChanges()
        let ticket = changes.forget(type)
        return try await commit(changes)[ticket]
    }
}
