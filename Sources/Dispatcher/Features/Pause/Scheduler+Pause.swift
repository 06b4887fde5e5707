import AMQP
import Logging
import TaskGridCore
import TaskStore

/// Types of which nothing is handed out, for somebody asked for it. What is handed out already goes on.
extension Scheduler {
    /// What pausing or resuming came to, to be answered once it is durable.
    struct PlannedPause {
        let command: AdminCommand
        let answer: PauseAnswer
    }

    /// Plans what such a command asks for. The type queue knows at once, so that this very turn takes nothing more.
    func pause(_ command: AdminCommand, _ now: Timestamp, _ plan: inout Plan) {
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
            plan.changes.pauses.append(Pausing(type: type, isPaused: isPaused))
            outcomes.append(PauseOutcome(type: type, outcome: .done))
            let words = isPaused ? "is paused on request: its tasks wait" : "is resumed on request: its tasks are handed out again"
            warn("type '\(type)' \(words)", type, now, &plan)
        }
        plan.pauses.append(PlannedPause(command: command, answer: PauseAnswer(types: outcomes)))
    }

    /// The commands are durable: answers.
    func settlePauses(_ plan: Plan, _ outbound: inout Outbound) {
        for planned in plan.pauses {
            let answer = AnswerMessage.message(Result<PauseAnswer, QueryError>.success(planned.answer), to: planned.command.query)
            outbound.messages.append(.ready(.answer(answer, to: planned.command.replyTo, topology)))
        }
    }
}
