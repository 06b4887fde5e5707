import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Finds the tasks of each step of a bulk action beside the turns, and hands the step to the next turn.
struct BulkRunner: Sendable {
    /// How long it waits for the turn that takes a step, and after a failure.
    private static let patience = Duration.seconds(2)

    let store: any TaskStore
    let scheduler: Scheduler
    let inbox: Inbox
    let vitals: Vitals
    let logger: Logger

    /// Until the task is cancelled.
    func run() async {
        let pulse = vitals.pulse("bulk actions", period: Self.patience)
        defer { pulse.ends() }
        while !Task.isCancelled {
            pulse.works()
            await begin()
            pulse.waits()
            await scheduler.bulkSignal.wait(until: .now + Self.patience)
        }
    }

    /// Hands the next step to a turn, where one is to be taken.
    func begin() async {
        guard let action = await scheduler.beginBulkStep() else { return }
        let nothing = BulkStep(action: action.id, from: action.before, next: nil)
        guard let filter = action.kind.meant(action.filter) else { return await scheduler.abandon(nothing) }
        do throws(StoreError) {
            var page = TaskPage<TaskID>(elements: [], next: action.before)
            let limit = max(1, min(BulkStep.maximumTasks, action.limit - action.done - action.refused))
            let meant = await scheduler.clock.meant(filter)
            // A search that looks at each task finds none in many of its steps.
            repeat {
                page = try await store.ids(meant, before: page.next, limit: limit)
            } while page.elements.isEmpty && page.next != nil && !Task.isCancelled
            let step = BulkStep(action: action.id, from: action.before, next: page.next)
            await scheduler.found(step)
            var command = AdminCommand(kind: action.kind == .cancel ? .cancel : .retry, tasks: page.elements)
            command.step = step
            if !inbox.put(command) { await scheduler.abandon(step) }
        } catch {
            logger.error("bulk action waits, the store cannot be read", metadata: [LogKey.error: "\(error)"])
            await scheduler.abandon(nothing)
        }
    }
}
