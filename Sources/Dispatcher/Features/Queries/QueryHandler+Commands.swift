import AMQP
import TaskGridCore
import TaskStore

/// Commands, read: a turn does them.
extension QueryHandler {
    /// The command that a message gives.
    ///
    /// `end`: when the search for the tasks that a filter means stops.
    func command(_ message: Message, from replyTo: String, until end: ContinuousClock.Instant) async throws -> AdminCommand {
        switch message.properties.type {
        case CancelQuery.name:
            let tasks = try Self.bounded(try JSON.decode(CancelQuery.self, message.body).tasks, CancelQuery.maximumTasks)
            return AdminCommand(kind: .cancel, tasks: tasks, query: message, replyTo: replyTo)
        case PauseQuery.name:
            let query = try JSON.decode(PauseQuery.self, message.body)
            guard query.time.map((1...PauseQuery.maximumTime).contains) ?? true else {
                throw QueryError(.badQuery, "for_ms: 1 to \(PauseQuery.maximumTime)")
            }
            let kind = AdminCommand.Kind.pause(time: query.time.map { .milliseconds(Int64($0)) })
            return try command(kind, types: query.types, atMost: PauseQuery.maximumTypes, by: message, from: replyTo)
        case ResumeQuery.name:
            let types = try JSON.decode(ResumeQuery.self, message.body).types
            return try command(.resume, types: types, atMost: PauseQuery.maximumTypes, by: message, from: replyTo)
        case ForgetQuery.name:
            let types = try JSON.decode(ForgetQuery.self, message.body).types
            return try command(.forget, types: types, atMost: ForgetQuery.maximumTypes, by: message, from: replyTo)
        case WorkerRequestQuery.name:
            let query = try JSON.decode(WorkerRequestQuery.self, message.body)
            return AdminCommand(kind: .ask(worker: query.worker, query.request), tasks: [], query: message, replyTo: replyTo)
        case BulkQuery.name: return try await startBulk(message, from: replyTo, until: end)
        case BulkStopQuery.name:
            let id = try JSON.decode(BulkStopQuery.self, message.body).id
            return AdminCommand(kind: .stopBulk(id: id), tasks: [], query: message, replyTo: replyTo)
        default: return try await retry(message, from: replyTo, until: end)
        }
    }

    private func retry(_ message: Message, from replyTo: String, until end: ContinuousClock.Instant) async throws -> AdminCommand {
        let query = try JSON.decode(RetryQuery.self, message.body)
        switch (query.tasks, query.filter) {
        case (let tasks?, nil):
            let tasks = try Self.bounded(tasks, RetryQuery.maximumTasks)
            return AdminCommand(kind: .retry, tasks: tasks, query: message, replyTo: replyTo)
        case (nil, var filter?):
            let state = filter.state ?? .failed
            guard state.isTerminal, state != .succeeded else {
                throw QueryError(.badQuery, "state: failed, cancelled or expired tasks can be done again, not \(state) ones")
            }
            filter.state = state
            let page = try await search(filter, before: query.before, limit: RetryQuery.maximumTasks, until: end)
            return AdminCommand(kind: .retry, tasks: page.elements, next: page.next, query: message, replyTo: replyTo)
        default: throw QueryError(.badQuery, "either tasks or a filter says what to do again")
        }
    }

    /// Counts the tasks that a bulk action means, as far as there is time: it is refused if their number is another one by much.
    private func startBulk(_ message: Message, from replyTo: String, until end: ContinuousClock.Instant) async throws -> AdminCommand {
        let query = try JSON.decode(BulkQuery.self, message.body)
        guard (1...BulkAction.maximumIDLength).contains(query.id.utf8.count) else {
            throw QueryError(.badQuery, "id: 1 to \(BulkAction.maximumIDLength) bytes")
        }
        guard query.expected >= 1 else { throw QueryError(.badQuery, "expected: at least 1") }
        guard let filter = query.kind.meant(query.filter) else { throw QueryError(.badQuery, "state: \(query.kind.states)") }
        let limit = BulkAction.limit(query.expected)
        if await scheduler.bulkActions(BulkActionsQuery(id: query.id)).actions.isEmpty {
            var found = MatchesQuery.Answer(count: 0)
            repeat {
                let part = try await matches(MatchesQuery(filter, before: found.next), until: end)
                found = MatchesQuery.Answer(count: found.count + part.count, next: part.next)
            } while found.next != nil && found.count <= limit && ContinuousClock.now < end
            let isFewer = found.next == nil && BulkAction.limit(found.count) < query.expected
            guard found.count <= limit, !isFewer else {
                let count = found.next == nil ? "\(found.count)" : "more than \(found.count)"
                throw QueryError(.conflict, "\(count) tasks match now, not \(query.expected): count them again")
            }
        }
        let action = BulkAction(id: query.id, kind: query.kind, filter: query.filter, expected: query.expected, started: .atOnce)
        return AdminCommand(kind: .startBulk(action), tasks: [], query: message, replyTo: replyTo)
    }

    /// A command about types.
    private func command(
        _ kind: AdminCommand.Kind, types: [TaskType], atMost maximum: Int, by message: Message, from replyTo: String
    ) throws(QueryError) -> AdminCommand {
        guard types.count <= maximum else { throw QueryError(.badQuery, "types: at most \(maximum)") }
        return AdminCommand(kind: kind, tasks: [], types: types, query: message, replyTo: replyTo)
    }

    /// The tasks, each once.
    private static func bounded(_ tasks: [TaskID], _ maximum: Int) throws(QueryError) -> [TaskID] {
        guard tasks.count <= maximum else { throw QueryError(.badQuery, "tasks: at most \(maximum)") }
        var seen: Set<TaskID> = []
        return tasks.filter { seen.insert($0).inserted }
    }
}
