import AMQP
import Foundation
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Answers what the dispatcher is asked. It reads the store and encodes on the pool, and asks the scheduler only for what no
/// one else knows.
struct QueryHandler: Sendable {
    let store: any TaskStore
    let scheduler: Scheduler
    /// The rights of users; nil: each has all rights.
    var access: AccessPolicy?
    let logger: Logger

    /// How long one answer searches at most: then it says where to go on, and another caller has its turn.
    static let slice = Duration.milliseconds(500)

    /// The part of the dispatcher that answers a query.
    enum Kind {
        /// Turns do it: tasks or types are named, so nothing has to be looked for.
        case command
        /// The tasks it means are looked for first.
        case search
        /// It is read in one step or few.
        case lookup
    }

    static func kind(of query: Message) -> Kind {
        switch query.properties.type {
        case CancelQuery.name, PauseQuery.name, ResumeQuery.name, ForgetQuery.name, BulkStopQuery.name, WorkerRequestQuery.name: .command
        // With a filter it is a search; this is cheap to tell and need not be exact.
        case RetryQuery.name: (try? JSON.decode(RetryQuery.self, query.body))?.filter == nil ? .command : .search
        case TasksQuery.name, MatchesQuery.name, FailuresQuery.name, BulkQuery.name: .search
        default: .lookup
        }
    }

    /// The answer to a query that is no command.
    ///
    /// `deadline`: when its caller gives up; a search ends well before.
    func answer(_ query: Message, until deadline: ContinuousClock.Instant) async -> Message {
        let budget = AnswerBudget(of: query)
        let now = ContinuousClock.now
        let end = now + min(Self.slice, now.duration(to: deadline) / 2)
        let user = query.properties.userID ?? ""
        return switch query.properties.type {
        case TaskQuery.name:
            await answer(query, as: TaskQuery.self) {
                let task = try await task($0, budget)
                try checkReading([task], by: user)
                return task
            }
        case ContentQuery.name:
            await answer(query, as: ContentQuery.self) {
                let content = try await content($0, budget)
                try await checkReading($0.id, by: user)
                return content
            }
        case TasksQuery.name: await answer(query, as: TasksQuery.self) { try await tasks($0, budget, until: end) }
        case MatchesQuery.name: await answer(query, as: MatchesQuery.self) { try await matches($0, until: end) }
        case FailuresQuery.name: await answer(query, as: FailuresQuery.self) { try await failures($0, budget, until: end) }
        case EndingsQuery.name:
            await answer(query, as: EndingsQuery.self) {
                let endings = try await endings($0, budget, until: end)
                try checkReading(endings.ended, by: user)
                return endings
            }
        case CountsQuery.name: await answer(query, as: CountsQuery.self) { await scheduler.counts($0, budget) }
        case BulkActionsQuery.name: await answer(query, as: BulkActionsQuery.self) { await scheduler.bulkActions($0) }
        case LimitsQuery.name: await answer(query, as: LimitsQuery.self) { _ in await scheduler.limits() }
        default:
            AnswerMessage.refusal(
                QueryError(
                    .badQuery,
                    "'\(query.properties.type?.prefix(40) ?? "")' is no query; ask \(Self.queries.joined(separator: ", "))"
                ), to: query
            )
        }
    }

    private static let queries = [
        TaskQuery.name, ContentQuery.name, TasksQuery.name, MatchesQuery.name, FailuresQuery.name,
        EndingsQuery.name, CountsQuery.name,
        LimitsQuery.name, BulkQuery.name, BulkActionsQuery.name, BulkStopQuery.name, WorkerRequestQuery.name, CancelQuery.name,
        RetryQuery.name, PauseQuery.name,
        ResumeQuery.name, ForgetQuery.name,
    ]

    private func answer<Asked: Query>(
        _ message: Message, as type: Asked.Type, _ body: (Asked) async throws -> Asked.Answer
    ) async -> Message {
        do {
            return AnswerMessage.message(.success(try await body(try JSON.decode(type, message.body))), to: message)
        } catch {
            return refusal(error, to: message)
        }
    }

    /// The answer to a query or a command that fails.
    func refusal(_ error: any Error, to query: Message) -> Message {
        switch error {
        case let error as QueryError: return AnswerMessage.refusal(error, to: query)
        case let error as WireError: return AnswerMessage.refusal(QueryError(.badQuery, "\(error)"), to: query)
        default:
            logger.error("query not answered", metadata: [LogKey.query: "\(query.properties.type ?? "")", LogKey.error: "\(error)"])
            let message = (error as? StoreError)?.publicMessage ?? "\(error)"
            return AnswerMessage.refusal(QueryError(.unavailable, message), to: query)
        }
    }
}
