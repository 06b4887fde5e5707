import Foundation
import TaskGridCore
import TaskStore

/// The answers about tasks.
extension QueryHandler {
    func task(_ query: TaskQuery, _ budget: AnswerBudget) async throws -> TaskRecord {
        guard let task = try await store.task(query.id, content: .all(budget.bytes)) else { throw QueryError.unknown(query.id) }
        return await scheduler.withRunningAttempt(task).fitting(budget.bytes - 1024)
    }

    func content(_ query: ContentQuery, _ budget: AnswerBudget) async throws -> ContentQuery.Answer {
        guard query.from >= 0 else { throw QueryError(.badQuery, "from: a number from 0") }
        let limit = ContentQuery.Answer.maximumBytes(budget)
        guard let content = try await store.content(query.part, of: query.id, from: query.from, limit: limit) else {
            guard query.part == .result, try await !store.states([query.id]).isEmpty else {
                throw QueryError.unknown(query.id)
            }
            throw QueryError(.notFound, "task \(query.id) has no result")
        }
        return content
    }

    func tasks(
        _ query: TasksQuery, _ budget: AnswerBudget, until end: ContinuousClock.Instant
    ) async throws -> TasksQuery.Answer {
        guard (1...TasksQuery.maximumLimit).contains(query.limit) else {
            throw QueryError(.badQuery, "limit: 1 to \(TasksQuery.maximumLimit)")
        }
        guard query.filter.state != .running else { return try await running(query, budget, until: end) }
        let filter = await scheduler.clock.meant(query.filter)
        var list = AnswerList<TaskRecord>(budget)
        var next = query.before
        repeat {
            let content = query.isBrief ? ContentLimit.none : .all(max(1, list.room))
            let page = try await store.tasks(filter, before: next, limit: query.limit - list.elements.count, content: content)
            for task in await scheduler.current(page.elements) {
                // Running tasks count as queued in the store.
                guard query.filter.state == nil || query.filter.state == task.status else { continue }
                guard list.add(task.fitting(budget.bytes - 1024)) else {
                    return TasksQuery.Answer(tasks: list.elements, next: list.elements.last?.id)
                }
            }
            next = page.next
        } while next != nil && list.elements.count < query.limit && list.room > 0 && ContinuousClock.now < end
        return TasksQuery.Answer(tasks: list.elements, next: next)
    }

    /// Only the scheduler knows which tasks run.
    private func running(
        _ query: TasksQuery, _ budget: AnswerBudget, until end: ContinuousClock.Instant
    ) async throws -> TasksQuery.Answer {
        let ids = await scheduler.running(query.filter.type).filter { id in query.before.map { id < $0 } ?? true }.sorted(by: >)
        var list = AnswerList<TaskRecord>(budget)
        var rest = ids[...]
        repeat {
            let asked = rest.prefix(query.limit - list.elements.count)
            let content = query.isBrief ? ContentLimit.none : .all(max(1, list.room))
            let page = try await store.tasks(Array(asked), content: content)
            for task in await scheduler.current(page.elements) where query.filter.matches(task) {
                guard list.add(task.fitting(budget.bytes - 1024)) else {
                    return TasksQuery.Answer(tasks: list.elements, next: list.elements.last?.id)
                }
            }
            rest = page.next.map { next in rest.drop { $0 > next } } ?? rest.dropFirst(asked.count)
        } while !rest.isEmpty && list.elements.count < query.limit && list.room > 0 && ContinuousClock.now < end
        return TasksQuery.Answer(tasks: list.elements, next: rest.isEmpty ? nil : ids[rest.startIndex - 1])
    }

    func matches(_ query: MatchesQuery, until end: ContinuousClock.Instant) async throws -> MatchesQuery.Answer {
        let filter = await scheduler.clock.meant(query.filter)
        var answer = MatchesQuery.Answer(count: 0, next: query.before)
        repeat {
            let page = try await store.ids(filter, before: answer.next, limit: 5000)
            answer.count += page.elements.count
            answer.next = page.next
        } while answer.next != nil && ContinuousClock.now < end
        return answer
    }

    /// How many tasks are looked at between two looks at the time.
    private static let step = 500

    /// Reads no payloads, and results only of tasks that have ended.
    func endings(
        _ query: EndingsQuery, _ budget: AnswerBudget, until end: ContinuousClock.Instant
    ) async throws -> EndingsQuery.Answer {
        guard query.tasks.count <= EndingsQuery.maximumTasks else {
            throw QueryError(.badQuery, "tasks: at most \(EndingsQuery.maximumTasks)")
        }
        // Ids that are not known take room too.
        var list = AnswerList<TaskRecord>(budget, reserved: 1024 + 24 * query.tasks.count)
        var unknown: [TaskID] = []
        var lookedAt = 0
        answer: repeat {
            let ids = Array(query.tasks[lookedAt...].prefix(Self.step))
            let states = Dictionary(try await store.states(ids).map { ($0.id, $0.state) }) { first, _ in first }
            let ended = ids.filter { states[$0]?.isTerminal == true }
            let page = try await store.tasks(ended, content: .results(max(1, list.room)))
            var records = Dictionary(await scheduler.current(page.elements).map { ($0.id, $0) }) { first, _ in first }
            for id in ids {
                if let record = records.removeValue(forKey: id) {
                    // A result that is cut only for want of room is too large for it, too.
                    guard list.add(list.elements.isEmpty ? record.fitting(list.room) : record) else { break answer }
                } else if page.next == id {
                    break
                } else if states[id] == nil {
                    unknown.append(id)
                }
                lookedAt += 1
            }
        } while lookedAt < query.tasks.count && list.room > 0 && ContinuousClock.now < end
        return EndingsQuery.Answer(
            ended: list.elements, unknown: unknown, lookedAt: lookedAt < query.tasks.count ? lookedAt : nil
        )
    }

    /// The ids of the tasks that a filter means, up to `limit`, in bounded steps until `end`.
    func search(
        _ filter: TaskFilter, before: TaskID?, limit: Int, until end: ContinuousClock.Instant
    ) async throws(StoreError) -> TaskPage<TaskID> {
        let filter = await scheduler.clock.meant(filter)
        var found = TaskPage<TaskID>(elements: [], next: before)
        repeat {
            let page = try await store.ids(filter, before: found.next, limit: min(5000, limit - found.elements.count))
            found.elements += page.elements
            found.next = page.next
        } while found.next != nil && found.elements.count < limit && ContinuousClock.now < end
        return found
    }
}

extension QueryError {
    static func unknown(_ id: TaskID) -> QueryError {
        QueryError(.notFound, "task \(id) is not known: never accepted, or ended so long ago that it was pruned")
    }
}
