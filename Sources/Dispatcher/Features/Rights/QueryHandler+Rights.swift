import AMQP
import TaskGridCore
import TaskStore

/// Whether a user may ask what it asks.
extension QueryHandler {
    /// Refuses a query or a command that the user has no right to, as far as is known yet: a task that it names may be accepted a moment
    /// later. An answer is looked at again before it is given, and a turn does a command only to tasks that its user has the right to.
    func authorize(_ message: Message, by user: String) async throws {
        guard let access else { return }
        func check(_ right: Right, _ types: [TaskType?]) throws(QueryError) {
            for type in types where !access.allows(user, right, type) { throw Self.forbidden(user, right, type) }
        }
        func body<Asked: Query>(_ type: Asked.Type) throws(WireError) -> Asked { try JSON.decode(type, message.body) }
        switch message.properties.type {
        case TaskQuery.name: try await authorizeReading([try body(TaskQuery.self).id], by: user)
        case ContentQuery.name: try await authorizeReading([try body(ContentQuery.self).id], by: user)
        case EndingsQuery.name: try await authorizeReading(try body(EndingsQuery.self).tasks, by: user)
        case TasksQuery.name: try check(.read, [try body(TasksQuery.self).filter.type])
        case MatchesQuery.name: try check(.read, [try body(MatchesQuery.self).filter.type])
        case FailuresQuery.name: try check(.read, [try body(FailuresQuery.self).filter.type])
        case BulkActionsQuery.name: try check(.read, [nil])
        case CancelQuery.name: try check(.cancel, try await types(of: try body(CancelQuery.self).tasks))
        case RetryQuery.name:
            let query = try body(RetryQuery.self)
            if let tasks = query.tasks { try check(.retry, try await types(of: tasks)) }
            if let filter = query.filter { try check(.retry, [filter.type]) }
        case BulkQuery.name:
            let query = try body(BulkQuery.self)
            try check(query.kind == .retry ? .retry : .cancel, [query.filter.type])
        case PauseQuery.name: try check(.pause, try body(PauseQuery.self).types)
        case ResumeQuery.name: try check(.pause, try body(ResumeQuery.self).types)
        case ForgetQuery.name: try check(.administer, try body(ForgetQuery.self).types)
        case BulkStopQuery.name, WorkerRequestQuery.name: try check(.administer, [nil])
        // Counters and bounds say nothing of any task, and an unknown query is refused as such.
        default: break
        }
    }

    private static func forbidden(_ user: String, _ right: Right, _ type: TaskType?) -> QueryError {
        let tasks = type.map { "tasks of type '\($0)'" } ?? "tasks of every type, and no type was named"
        return QueryError(
            .forbidden,
            "user '\(user)' has not the right '\(right.rawValue)' for \(tasks): taskgrid users gives it")
    }

    private func types(of tasks: [TaskID]) async throws -> [TaskType] {
        Array(Set(try await store.states(tasks.prefixed).map(\.type)))
    }

    /// A user may read the tasks that it has submitted, and those of the types that it may read.
    private func authorizeReading(_ tasks: [TaskID], by user: String) async throws {
        guard let access, !access.allows(user, .read, nil) else { return }
        var seen: Set<TaskID> = []
        var rest = tasks.prefixed.filter { seen.insert($0).inserted }[...]
        while !rest.isEmpty {
            let page = try await store.tasks(Array(rest), content: .none)
            try checkReading(page.elements, by: user)
            guard let next = page.next else { return }
            guard let index = rest.firstIndex(of: next), index > rest.startIndex else {
                throw QueryError(.unavailable, "task \(next) cannot be read: ask again")
            }
            rest = rest[index...]
        }
    }

    /// Refuses an answer about tasks that the user may not read.
    func checkReading(_ tasks: [TaskRecord], by user: String) throws(QueryError) {
        guard let access, !access.allows(user, .read, nil) else { return }
        for task in tasks where task.user != user && !access.allows(user, .read, task.type) {
            throw Self.forbidden(user, .read, task.type)
        }
    }

    /// Refuses the content of a task that the user may not read. The task was there when its content was read.
    func checkReading(_ id: TaskID, by user: String) async throws {
        guard access != nil else { return }
        guard let task = try await store.task(id, content: .none) else { throw QueryError.unknown(id) }
        try checkReading([task], by: user)
    }
}

extension [TaskID] {
    /// No more than any query may name; one that names more is refused.
    fileprivate var prefixed: [TaskID] { Array(prefix(EndingsQuery.maximumTasks)) }
}
