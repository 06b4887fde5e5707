import AMQP
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Admin commands, as a turn carries them out.
extension Scheduler {
    /// Plans what the commands ask for.
    func planCommands(_ commands: [AdminCommand], in turn: inout Turn) async {
        turn.plan.changes.bulkActions += bulkActions.takeCorrections()
        for command in commands {
            if let step = command.step, !mayTake(step) { continue }
            do throws(StoreError) {
                switch command.kind {
                case .cancel: try await planCancel(command, in: &turn)
                case .retry: try await planRetry(command, in: &turn)
                case .pause, .resume: planPause(command, in: &turn)
                case .forget: planForget(command, in: &turn)
                case .startBulk(let action): planStart(of: action, command, in: &turn)
                case .ask(let worker, let request): planRequest(request, to: worker, command, in: &turn)
                case .stopBulk(let id): planStop(of: id, command, in: &turn)
                }
            } catch {
                logger.error("command not done, the store cannot be read", metadata: [LogKey.error: "\(error)"])
                if let step = command.step { bulkActions.abandon(step) }
                guard let replyTo = command.replyTo else { continue }
                let refusal = Result<CommandAnswer, QueryError>.failure(QueryError(.unavailable, error.publicMessage))
                turn.plan.publications.append(.answer(AnswerMessage.message(refusal, to: command.query), to: replyTo, topology))
                continue
            }
            if let step = command.step { planProgress(of: step, tasks: command.tasks.count, in: &turn) }
        }
    }

    private func planCancel(_ command: AdminCommand, in turn: inout Turn) async throws(StoreError) {
        // Read before anything is planned: should it fail, the command is not half done.
        let states = try await states(of: command, .cancel)
        let waiting = command.tasks.filter { id in states[id].map { typeQueues[$0.type]?.handed[id] == nil } ?? false }
        let open = Dictionary(uniqueKeysWithValues: try await store.open(waiting).map { ($0.id, $0) })
        var planned = PlannedCommand(command)
        for id in command.tasks {
            if let typeQueue = states[id].flatMap({ typeQueues[$0.type] }), let machine = typeQueue.handed[id]?.machine {
                apply(.cancelled, to: id, of: typeQueue, in: &turn)
                let attempt = RegistryMessage.Held(task: id, attempt: max(1, machine.attempt))
                turn.plan.cancel([attempt], under: topology.cancelKey(typeQueue.type))
                guard let ended = turn.plan.ended.last else { continue }
                planned.add(id, .ending(ended.ticket, from: nil), state: machine.state)
            } else if let stored = states[id], let task = open[id] {
                var machine = TaskStateMachine(
                    state: stored.state, attempt: task.attempt, failures: task.failures, interruptions: task.interruptions,
                    maxAttempts: task.settings.maxAttempts ?? 1
                )
                guard case .end(let state, let error) = machine.handle(.cancelled) else { continue }
                let ending = NewEnding(
                    id: id, type: task.type, state: state, error: error, attempt: machine.attempt,
                    completed: turn.now
                )
                let ticket = turn.plan.end(HandedTask(task, machine: machine, marker: 0), with: ending)
                planned.add(id, .ending(ticket, from: stored.state), state: stored.state)
            } else if let stored = states[id] {
                planned.add(id, .refused, state: stored.state)
            } else {
                planned.add(id, .unknown)
            }
        }
        turn.plan.commands.append(planned)
    }

    private func planRetry(_ command: AdminCommand, in turn: inout Turn) async throws(StoreError) {
        let states = try await states(of: command, .retry)
        var planned = PlannedCommand(command)
        for id in command.tasks {
            guard let stored = states[id] else {
                planned.add(id, .unknown)
                continue
            }
            var machine = TaskStateMachine(state: stored.state, attempt: stored.attempt, maxAttempts: 1)
            guard case .handOut = machine.handle(.retried) else {
                planned.add(id, .refused, state: typeQueues[stored.type]?.handed[id]?.machine.state ?? stored.state)
                continue
            }
            planned.add(id, .reopening(turn.plan.changes.reopen(Reopening(id: id))), state: stored.state)
            // So that it may go out with this very commit.
            let nextDue = typeQueues[stored.type]?.nextDue ?? turn.now
            typeQueues[stored.type]?.nextDue = min(nextDue, turn.now)
        }
        turn.plan.commands.append(planned)
    }

    /// The states of the command's tasks, without those that its user has no right to: such a task was not there yet when the command was
    /// looked at, and is still not there for this user.
    private func states(of command: AdminCommand, _ right: Right) async throws(StoreError) -> [TaskID: StoredState] {
        let states = try await states(command.tasks)
        guard let access = configuration.access, let user = command.user else { return states }
        return states.filter { access.allows(user, right, $0.value.type) }
    }

    private func states(_ ids: [TaskID]) async throws(StoreError) -> [TaskID: StoredState] {
        Dictionary(uniqueKeysWithValues: try await store.states(ids).map { ($0.id, $0) })
    }

    /// The commands are durable: updates the counters, tells the workers, replies.
    func settleCommands(_ turn: Turn, _ outbound: inout Outbound) async {
        for var planned in turn.plan.commands {
            for (index, step) in planned.steps {
                switch step {
                case .ending(let ticket, let state):
                    guard turn.receipt[ticket] else { continue }
                    planned.outcomes[index].outcome = .done
                    countCancelled(turn.plan.changes[ticket].type, from: state)
                case .reopening(let ticket):
                    countReopened(turn.receipt[ticket])
                    planned.outcomes[index] = CommandOutcome(turn.receipt[ticket], of: turn.plan.changes[ticket].id)
                }
            }
            await addStates(to: &planned)
            if let step = planned.command.step { settle(step, planned.outcomes) }
            outbound.reply(.success(CommandAnswer(tasks: planned.outcomes, next: planned.command.next)), to: planned.command)
        }
        for (key, attempts) in turn.plan.cancels { outbound.cancel(attempts, under: key) }
    }

    /// A task was cancelled that was in this state in the store, or that was handed out and so is out of the counters already.
    private func countCancelled(_ type: TaskType, from state: TaskState?) {
        typeQueues[type]?.isDirty = true
        switch state {
        case .pending, .scheduled: typeQueues[type]?.counters[state ?? .pending] -= 1
        // Something else has become of it in the same turn.
        case .some: staleTypes.counters.insert(type)
        case nil: break
        }
    }

    private func countReopened(_ reopened: Reopened) {
        guard case .done(let type, let state) = reopened else { return }
        typeQueues[type]?.counters[state] -= 1
        typeQueues[type]?.waitsAgain()
    }

    /// Tasks that had ended when their cancellation came to the store: adds how.
    private func addStates(to planned: inout PlannedCommand) async {
        let late = planned.outcomes.indices.filter { index in
            guard case .ending = planned.steps[index] else { return false }
            return planned.outcomes[index].outcome == .refused
        }
        guard !late.isEmpty else { return }
        do throws(StoreError) {
            let states = try await states(late.map { planned.outcomes[$0].id })
            for index in late { planned.outcomes[index].state = states[planned.outcomes[index].id]?.state }
        } catch {
            logger.error("store cannot be read, a reply lacks states", metadata: [LogKey.error: "\(error)"])
            for index in late { planned.outcomes[index].state = nil }
        }
    }
}

extension CommandOutcome {
    fileprivate init(_ reopened: Reopened, of id: TaskID) {
        switch reopened {
        case .done(_, let state): self.init(id: id, outcome: .done, state: state)
        case .refused(let state): self.init(id: id, outcome: .refused, state: state)
        case .unknown: self.init(id: id, outcome: .unknown)
        }
    }
}

extension Outbound {
    /// Tells workers that listen under a routing key to end attempts.
    fileprivate mutating func cancel(_ attempts: [RegistryMessage.Held], under key: String) {
        for start in stride(from: 0, to: attempts.count, by: CancelRequest.maximumTasks) {
            let request = CancelRequest(tasks: Array(attempts[start..<min(attempts.count, start + CancelRequest.maximumTasks)]))
            messages.append(.ready(Publication(exchange: topology.control.name, routingKey: key, message: request.message())))
        }
    }
}
