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
        var pause: Pause?
        if case .pause(let time) = command.kind { pause = Pause(until: time.map { turn.now + $0 }) }
        var outcomes: [PauseOutcome] = []
        for type in command.types {
            guard let typeQueue = typeQueues[type] else {
                outcomes.append(PauseOutcome(type: type, outcome: .unknown))
                continue
            }
            guard typeQueue.pause != pause else {
                outcomes.append(PauseOutcome(type: type, outcome: .unchanged))
                continue
            }
            change(typeQueue, to: pause, in: &turn)
            outcomes.append(PauseOutcome(type: type, outcome: .done))
            if let pause {
                let end = pause.until.map(clock.shown)
                logger.notice(
                    "type paused on request, its tasks wait",
                    metadata: [LogKey.taskType: "\(type)", LogKey.pauseEnd: end.map { "\($0)" } ?? "when it is resumed"])
                tell(.notice, "type '\(type)' is paused on request\(end.map { " until \($0)" } ?? ""): its tasks wait", in: &turn)
            } else {
                logger.notice("type resumed on request, its tasks are handed out again", metadata: [LogKey.taskType: "\(type)"])
                tell(.notice, "type '\(type)' is resumed on request: its tasks are handed out again", in: &turn)
            }
        }
        turn.plan.pauses.append(PlannedPause(command: command, answer: PauseAnswer(types: outcomes)))
    }

    /// Plans the end of pauses whose time is over.
    func planPauseEnds(in turn: inout Turn) {
        let ended = typeQueues.all.filter { $0.pause?.until.map { $0 <= turn.now } ?? false }.map(\.type)
        // Looked up, so that what waits is handed out in this turn.
        for typeQueue in ended.compactMap({ typeQueues[$0] }) {
            change(typeQueue, to: nil, in: &turn)
            logger.notice("pause of the type is over, its tasks are handed out again", metadata: [LogKey.taskType: "\(typeQueue.type)"])
            tell(.notice, "the pause of type '\(typeQueue.type)' is over: its tasks are handed out again", in: &turn)
        }
    }

    private func change(_ typeQueue: TypeQueue, to pause: Pause?, in turn: inout Turn) {
        typeQueue.pause = pause
        typeQueue.isDirty = true
        turn.plan.changes.pauses.append(Pausing(type: typeQueue.type, pause: pause))
    }

    /// The commands are durable: replies.
    func settlePauses(_ turn: Turn, _ outbound: inout Outbound) {
        for planned in turn.plan.pauses { outbound.reply(.success(planned.answer), to: planned.command) }
    }
}
