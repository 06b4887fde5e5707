import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Bulk actions, which take a step in a turn: its changes and its progress are one transaction.
extension Scheduler {
    /// The action that is to take a step, whose tasks are to be looked for.
    func beginBulkStep() -> BulkAction? { isSuspended ? nil : bulkActions.begin() }

    /// The tasks of a step are found, and on their way to a turn.
    func found(_ step: BulkStep) { bulkActions.found(step) }

    /// Nothing comes of a step.
    func abandon(_ step: BulkStep) { bulkActions.abandon(step) }

    /// The known ones, or one of them.
    func bulkActions(_ query: BulkActionsQuery) -> BulkActionsQuery.Answer {
        let actions = bulkActions.newestFirst.filter { action in query.id.map { $0 == action.id } ?? true }
        return BulkActionsQuery.Answer(actions: actions.prefix(BulkAction.maximum).map(clock.shown))
    }

    // MARK: Starting and stopping

    func planStart(of action: BulkAction, _ command: AdminCommand, in turn: inout Turn) {
        if let known = bulkActions.actions[action.id] {
            let refusal = QueryError(
                .conflict, "id '\(action.id)' is that of another bulk action, a \(known.kind.rawValue): start this one with another id")
            let answer: Result<BulkAction, QueryError> = known.isRepeated(by: action) ? .success(known) : .failure(refusal)
            turn.plan.bulkAnswers.append(PlannedBulkAnswer(command: command, answer: answer))
            return
        }
        guard bulkActions.running.count < BulkActions.maximumRunning else {
            let refusal = QueryError(
                .unavailable, "\(BulkActions.maximumRunning) bulk actions run already: start this one when one has ended")
            turn.plan.bulkAnswers.append(PlannedBulkAnswer(command: command, answer: .failure(refusal)))
            return
        }
        var action = action
        action.started = turn.now
        bulkActions.update(action)
        turn.plan.changes.bulkActions.append(action)
        turn.plan.bulkAnswers.append(PlannedBulkAnswer(command: command, answer: .success(action)))
        logger.notice(
            "bulk action started on request",
            metadata: [LogKey.bulkAction: "\(action.id)", LogKey.bulkKind: "\(action.kind)", LogKey.taskCount: "\(action.expected)"])
        tell(.notice, "bulk action \(action.id) begins on request: \(action.kind.rawValue) some \(action.expected) tasks", in: &turn)
    }

    func planStop(of id: String, _ command: AdminCommand, in turn: inout Turn) {
        guard var action = bulkActions.actions[id] else {
            let refusal = QueryError(.notFound, "bulk action '\(id.prefix(BulkAction.maximumIDLength))' is not known, or was forgotten")
            turn.plan.bulkAnswers.append(PlannedBulkAnswer(command: command, answer: .failure(refusal)))
            return
        }
        if action.state == .running {
            (action.state, action.ended) = (.stopped, turn.now)
            bulkActions.update(action)
            turn.plan.changes.bulkActions.append(action)
            tellEnd(of: action, in: &turn)
        }
        turn.plan.bulkAnswers.append(PlannedBulkAnswer(command: command, answer: .success(action)))
    }

    /// The answers about bulk actions are durable.
    func settleBulkAnswers(_ turn: Turn, _ outbound: inout Outbound) {
        for planned in turn.plan.bulkAnswers { outbound.reply(planned.answer.map(clock.shown), to: planned.command) }
        if !turn.plan.bulkAnswers.isEmpty { bulkSignal.raise() }
    }

    // MARK: A step

    /// Whether a turn may take the step: its action runs, and stands where the step begins.
    func mayTake(_ step: BulkStep) -> Bool {
        guard bulkActions.step == step, let action = bulkActions.actions[step.action], action.state == .running, action.before == step.from
        else {
            bulkActions.abandon(step)
            bulkSignal.raise()
            return false
        }
        return true
    }

    /// The step's changes are planned: its action has come so far. The `tasks` that it concerns count as done until the outcome is known.
    func planProgress(of step: BulkStep, tasks: Int, in turn: inout Turn) {
        guard var action = bulkActions.actions[step.action] else { return }
        action.before = step.next
        action.done += tasks
        if step.next == nil {
            (action.state, action.ended) = (.finished, turn.now)
        } else if action.done + action.refused >= action.limit {
            (action.state, action.ended) = (.exceeded, turn.now)
        }
        bulkActions.update(action)
        turn.plan.changes.bulkActions.append(action)
        if action.ended != nil { tellEnd(of: action, in: &turn) }
    }

    /// The step is durable: counts what came of it.
    func settle(_ step: BulkStep, _ outcomes: [CommandOutcome]) {
        bulkActions.abandon(step)
        bulkSignal.raise()
        bulkActions.correct(step.action, refused: outcomes.count { $0.outcome != .done })
    }

    private func tellEnd(of action: BulkAction, in turn: inout Turn) {
        logger.notice(
            "bulk action ended",
            metadata: [
                LogKey.bulkAction: "\(action.id)", LogKey.bulkKind: "\(action.kind)", LogKey.bulkState: "\(action.state)",
                LogKey.taskCount: "\(action.done)",
            ])
        let end =
            switch action.state {
            case .running, .finished: "has ended"
            case .stopped: "is stopped on request"
            case .exceeded: "has stopped, for more tasks match than were expected"
            }
        tell(.notice, "bulk action \(action.id) (\(action.kind.rawValue)) \(end) after \(action.done) tasks", in: &turn)
    }
}

/// The answer about a bulk action, to be given once it is durable.
struct PlannedBulkAnswer {
    let command: AdminCommand
    let answer: Result<BulkAction, QueryError>
}
