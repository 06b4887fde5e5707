import AMQP
import Logging
import TaskGridCore
import TaskStore

/// Types of which nothing is handed out, for somebody asked for it. What is handed out already goes on.
extension Scheduler {
    /// What pausing or resuming came to, to be answered once it is durable.
    struct PlannedPause {
        let order: Order
        let answer: PauseAnswer
    }

    /// Plans what such an order asks for. The type queue knows at once, so that this very turn takes nothing more.
    func pause(_ order: Order, _ now: Timestamp, _ plan: inout Plan) {
        let isPaused = order.kind == .pause
        var outcomes: [PauseOutcome] = []
        for type in order.types {
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
        plan.pauses.append(PlannedPause(order: order, answer: PauseAnswer(types: outcomes)))
    }

    /// The orders are durable: answers.
    func settlePauses(_ plan: Plan, _ outbound: inout Outbound) {
        for planned in plan.pauses {
            let answer = AnswerMessage.message(Result<PauseAnswer, QuestionError>.success(planned.answer), to: planned.order.question)
            outbound.messages.append(.ready(.answer(answer, to: planned.order.asker, topology)))
        }
    }
}
