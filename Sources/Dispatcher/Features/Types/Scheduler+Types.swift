import AMQP
import Logging
import TaskGridCore
import TaskStore

/// Types that nobody uses: they are forgotten after a while, sooner where there are as many as there may be, and on request.
///
/// No turn is planned upon one that forgets: until it is settled the type may not come back.
extension Scheduler {
    /// How many types one turn forgets by itself.
    private static let forgetsOfATurn = 250

    /// What is asked to be forgotten, to be answered once it is durable.
    struct PlannedForget {
        let command: AdminCommand
        var outcomes: [ForgetOutcome] = []
    }

    /// Plans to forget what nobody has used for long.
    func planForgets(_ now: Timestamp, _ plan: inout Plan) {
        let since = needsTypes ? now : now + (.zero - configuration.typeRetention)
        needsTypes = false
        for type in typeQueues.takeUnused(since: since, limit: Self.forgetsOfATurn) { plan.forgettings.append(plan.changes.forget(type)) }
    }

    /// Plans what such a command asks for.
    func forget(_ command: AdminCommand, _ plan: inout Plan) {
        var planned = PlannedForget(command: command)
        for type in command.types {
            guard let typeQueue = typeQueues[type] else {
                planned.outcomes.append(ForgetOutcome(type: type, outcome: .unknown))
                continue
            }
            guard let reason = typeQueue.use else {
                // Until it is committed it counts as not done: the store knows of ended tasks and of keys.
                planned.outcomes.append(ForgetOutcome(type: type, outcome: .refused, reason: .history))
                plan.forgettings.append(plan.changes.forget(type))
                continue
            }
            planned.outcomes.append(ForgetOutcome(type: type, outcome: .refused, reason: reason))
        }
        plan.forgets.append(planned)
    }

    /// The types are forgotten: keeps the counters, tells, and answers.
    func settleForgets(_ plan: Plan, _ receipt: StoreReceipt, _ outbound: inout Outbound) {
        var done: Set<TaskType> = []
        for ticket in plan.forgettings where receipt[ticket] {
            let type = plan.changes[ticket].type
            done.insert(type)
            guard let typeQueue = typeQueues.remove(type) else { continue }
            forgotten = forgotten + typeQueue.counts
            retired.append(type)
            unroutable.remove(type)
            logger.info("type forgotten", metadata: ["task.type": "\(type)"])
            let event = TaskEvent(type: type, store: store.identity, at: clock.wall, states: typeQueue.counts, isForgotten: true)
            outbound.messages.append(
                .ready(Publication(exchange: topology.events.name, routingKey: topology.taskEventKey(type), message: .event(event))))
        }
        for planned in plan.forgets {
            let outcomes = planned.outcomes.map { done.contains($0.type) ? ForgetOutcome(type: $0.type, outcome: .done) : $0 }
            let answer = AnswerMessage.message(
                Result<ForgetAnswer, QueryError>.success(ForgetAnswer(types: outcomes)), to: planned.command.query)
            outbound.messages.append(.ready(.answer(answer, to: planned.command.replyTo, topology)))
        }
    }

    /// The types whose work queues may be of no use any more. They are told once.
    func takeRetired() -> [TaskType] {
        defer { retired = [] }
        return retired.filter { typeQueues[$0] == nil }
    }
}

extension TypeQueue {
    /// Why the type is not forgotten, as far as memory knows.
    fileprivate var use: ForgetOutcome.Reason? {
        if isUnused { return nil }
        return hasWorkers ? .workers : isPaused ? .paused : .tasks
    }
}
