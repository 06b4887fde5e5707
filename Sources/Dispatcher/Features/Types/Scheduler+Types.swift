import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Types to forget, to be answered once it is durable.
struct PlannedForget {
    let command: AdminCommand
    var outcomes: [ForgetOutcome] = []
}

/// Types that nobody uses: they are forgotten after a while, sooner where there are as many as there may be, and on request.
///
/// No turn is planned upon one that forgets: until it is settled the type may not come back.
extension Scheduler {
    /// How many types one turn forgets by itself.
    private static let forgetsOfATurn = 250

    /// Plans to forget what nobody has used for long.
    func planForgets(in turn: inout Turn) {
        let since = forgottenTypes.needsRoom ? turn.now : turn.now + (.zero - configuration.typeRetention)
        forgottenTypes.needsRoom = false
        for type in typeQueues.takeUnused(since: since, limit: Self.forgetsOfATurn) {
            turn.plan.forgettings.append(turn.plan.changes.forget(type))
        }
    }

    /// Plans what such a command asks for.
    func planForget(_ command: AdminCommand, in turn: inout Turn) {
        var planned = PlannedForget(command: command)
        for type in command.types {
            guard let typeQueue = typeQueues[type] else {
                planned.outcomes.append(ForgetOutcome(type: type, outcome: .unknown))
                continue
            }
            guard let reason = typeQueue.use else {
                // Until it is committed it counts as not done: the store knows of ended tasks and of keys.
                planned.outcomes.append(ForgetOutcome(type: type, outcome: .refused, reason: .history))
                turn.plan.forgettings.append(turn.plan.changes.forget(type))
                continue
            }
            planned.outcomes.append(ForgetOutcome(type: type, outcome: .refused, reason: reason))
        }
        turn.plan.forgets.append(planned)
    }

    /// The types are forgotten: keeps their counters, tells of it, and replies.
    func settleForgets(_ turn: Turn, _ outbound: inout Outbound) {
        var done: Set<TaskType> = []
        for ticket in turn.plan.forgettings where turn.receipt[ticket] {
            let type = turn.plan.changes[ticket].type
            done.insert(type)
            guard let typeQueue = typeQueues.remove(type) else { continue }
            forgottenTypes.add(typeQueue)
            unroutable.remove(type)
            declaredTypes.remove(type)
            logger.info("type forgotten", metadata: [LogKey.taskType: "\(type)"])
            let event = TypeEvent(type: type, store: store.identity, at: clock.wall, states: typeQueue.counts, isForgotten: true)
            outbound.messages.append(
                .ready(Publication(exchange: topology.events.name, routingKey: topology.taskEventKey(type), message: .event(event))))
        }
        for planned in turn.plan.forgets {
            let outcomes = planned.outcomes.map { done.contains($0.type) ? ForgetOutcome(type: $0.type, outcome: .done) : $0 }
            outbound.reply(.success(ForgetAnswer(types: outcomes)), to: planned.command)
        }
    }

    /// The types whose work queues may be of no use any more. They are told once.
    func takeRetired() -> [TaskType] {
        forgottenTypes.takeRetired().filter { typeQueues[$0] == nil }
    }
}

extension TypeQueue {
    /// Why the type is not forgotten, as far as memory knows.
    fileprivate var use: ForgetOutcome.Reason? {
        if isUnused { return nil }
        return hasWorkers ? .workers : isPaused ? .paused : .tasks
    }
}
