import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// The outcome of pausing or resuming, to be answered once it is durable.
struct PlannedPause {
    let command: AdminCommand
    let answer: PauseAnswer
}

/// Types whose tasks wait because somebody asked for it. Tasks that are handed out already go on.
extension Scheduler {
    /// Plans what such a command asks for. The type queue knows at once, so that this very turn takes nothing more.
    func planPause(_ command: AdminCommand, in turn: inout Turn) {
        let isPaused = command.kind == .pause
        var outcomes: [PauseOutcome] = []
        for type in command.types {
            guard let typeQueue = typeQueues[type] else {
                outcomes.append(PauseOutcome(type: type, outcome: .unknown))
                continue
            }
            guard typeQueue.isPaused != isPaused else {
                outcomes.append(PauseOutcome(type: type, outcome: .unchanged))
                continue
            }
            typeQueue.isPaused = isPaused
            typeQueue.isDirty = true
            turn.plan.changes.pauses.append(Pausing(type: type, isPaused: isPaused))
            outcomes.append(PauseOutcome(type: type, outcome: .done))
            logger.notice(
                isPaused ? "type paused on request, its tasks wait" : "type resumed on request, its tasks are handed out again",
                metadata: [LogKey.taskType: "\(type)"]
            )
            let words = isPaused ? "is paused on request: its tasks wait" : "is resumed on request: its tasks are handed out again"
            tell(.notice, "type '\(type)' \(words)", in: &turn)
        }
        turn.plan.pauses.append(PlannedPause(command: command, answer: PauseAnswer(types: outcomes)))
    }

    /// The commands are durable: replies.
    func settlePauses(_ turn: Turn, _ outbound: inout Outbound) {
        for planned in turn.plan.pauses { outbound.reply(.success(planned.answer), to: planned.command) }
    }
}
