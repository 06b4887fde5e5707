import TaskGridCore
import TaskStore

extension QueryHandler {
    /// Groups the errors of failed tasks, the newest first, until the time or the room for groups is used up.
    func failures(
        _ query: FailuresQuery, _ budget: AnswerBudget, until end: ContinuousClock.Instant
    ) async throws -> FailuresQuery.Answer {
        var filter = await scheduler.clock.meant(query.filter)
        filter.state = .failed
        var groups = FailureGroups(maximum: FailuresQuery.Answer.maximumGroups(budget))
        var next = query.before
        repeat {
            let page = try await store.tasks(filter, before: next, limit: 1000, content: .none)
            for task in await scheduler.current(page.elements) {
                guard groups.hasRoom(for: task) else { return FailuresQuery.Answer(groups: groups.largestFirst, next: next) }
                groups.add(task)
                next = task.id
            }
            next = page.next
        } while next != nil && ContinuousClock.now < end
        return FailuresQuery.Answer(groups: groups.largestFirst, next: next)
    }
}
