import AMQP
import Logging
import TaskGridCore
import TaskStore

/// What the dispatcher is told by rpc to do with tasks, as a turn does it.
extension Scheduler {
    /// Plans what the commands ask for.
    func take(_ commands: [AdminCommand], _ now: Timestamp, _ plan: inout Plan) async {
        for command in commands {
            do throws(StoreError) {
                switch command.kind {
                case .cancel: plan.commands.append(try await cancel(command, now, &plan))
                case .retry: plan.commands.append(try await retry(command, now, &plan))
                case .pause, .resume: pause(command, now, &plan)
                case .forget: forget(command, &plan)
                }
            } catch {
                logger.error("cannot read the store; a command is not done", metadata: ["error": "\(error)"])
                let refusal = Result<CommandAnswer, QueryError>.failure(QueryError(.unavailable, "\(error)"))
                plan.publications.append(.answer(AnswerMessage.message(refusal, to: command.query), to: command.replyTo, topology))
            }
        }
    }

    private func cancel(_ command: AdminCommand, _ now: Timestamp, _ plan: inout Plan) async throws(StoreError) -> PlannedCommand {
        // Read before anything is planned: should it fail, the command is not half done.
        let states = try await states(command.tasks)
        let waiting = command.tasks.filter { id in states[id].map { typeQueues[$0.type]?.handed[id] == nil } ?? false }
        let open = Dictionary(uniqueKeysWithValues: try await store.open(waiting).map { ($0.id, $0) })
        var planned = PlannedCommand(command: command)
        for id in command.tasks {
            if let typeQueue = states[id].flatMap({ typeQueues[$0.type] }), let machine = typeQueue.handed[id]?.machine {
                apply(.cancelled, id, typeQueue, now, &plan)
                plan.cancels[typeQueue.type, default: []].append(RegistryMessage.Held(task: id, attempt: max(1, machine.attempt)))
                guard let ended = plan.ended.last else { continue }
                planned.add(id, machine.state, .ending(ended.ticket, stood: nil))
            } else if let stored = states[id], let task = open[id] {
                var machine = TaskStateMachine(
                    state: stored.state, attempt: task.attempt, failures: task.failures, interruptions: task.interruptions,
                    maxAttempts: task.settings.maxAttempts ?? 1
                )
                guard case .end(let state, let error) = machine.handle(.cancelled) else { continue }
                let ending = NewEnding(
                    id: id, type: task.type, priority: task.settings.priority, state: state, error: error, attempt: machine.attempt,
                    completed: now
                )
                let ticket = plan.end(HandedTask(task, machine: machine, marker: 0), ending)
                planned.add(id, stored.state, .ending(ticket, stood: stored.state))
            } else if let stored = states[id] {
                planned.add(id, .refused, stored.state)
            } else {
                planned.add(id, .unknown)
            }
        }
        return planned
    }

    private func retry(_ command: AdminCommand, _ now: Timestamp, _ plan: inout Plan) async throws(StoreError) -> PlannedCommand {
        let states = try await states(command.tasks)
        var planned = PlannedCommand(command: command)
        for id in command.tasks {
            guard let stored = states[id] else {
                planned.add(id, .unknown)
                continue
            }
            var machine = TaskStateMachine(state: stored.state, attempt: stored.attempt, maxAttempts: 1)
            guard case .handOut = machine.handle(.retried) else {
                planned.add(id, .refused, typeQueues[stored.type]?.handed[id]?.machine.state ?? stored.state)
                continue
            }
            planned.add(id, stored.state, .reopening(plan.changes.reopen(Reopening(id: id))))
            // So that it may go out with this very commit.
            let nextDue = typeQueues[stored.type]?.nextDue ?? now
            typeQueues[stored.type]?.nextDue = min(nextDue, now)
        }
        return planned
    }

    private func states(_ ids: [TaskID]) async throws(StoreError) -> [TaskID: StoredState] {
        Dictionary(uniqueKeysWithValues: try await store.states(ids).map { ($0.id, $0) })
    }

    /// The commands are durable: updates the counters, tells the workers, answers.
    func settleCommands(_ plan: Plan, _ receipt: StoreReceipt, _ now: Timestamp, _ outbound: inout Outbound) async {
        for var planned in plan.commands {
            for (index, step) in planned.steps {
                switch step {
                case .ending(let ticket, let stood):
                    guard receipt[ticket] else { continue }
                    planned.outcomes[index].outcome = .done
                    settle(cancelled: plan.changes[ticket].type, stood)
                case .reopening(let ticket):
                    settle(receipt[ticket], plan.changes[ticket], &planned.outcomes[index])
                }
            }
            await correct(&planned)
            let answer = CommandAnswer(tasks: planned.outcomes, next: planned.command.next)
            outbound.messages.append(
                .ready(.answer(AnswerMessage.message(.success(answer), to: planned.command.query), to: planned.command.replyTo, topology)))
        }
        settlePauses(plan, &outbound)
        for (type, attempts) in plan.cancels { tell(topology.cancelKey(type), toEnd: attempts, &outbound) }
        for (worker, attempts) in plan.stops { tell(topology.workerKey(worker), toEnd: attempts, &outbound) }
    }

    private func tell(_ key: String, toEnd attempts: [RegistryMessage.Held], _ outbound: inout Outbound) {
        for start in stride(from: 0, to: attempts.count, by: CancelRequest.maximumTasks) {
            let request = CancelRequest(tasks: Array(attempts[start..<min(attempts.count, start + CancelRequest.maximumTasks)]))
            outbound.messages.append(.ready(Publication(exchange: topology.control.name, routingKey: key, message: request.message())))
        }
    }

    /// A task was cancelled that stood so in the store, or that was handed out and so is out of the counters already.
    private func settle(cancelled type: TaskType, _ stood: TaskState?) {
        typeQueues[type]?.isDirty = true
        switch stood {
        case .pending, .scheduled: typeQueues[type]?.counters[stood ?? .pending] -= 1
        // Something else has become of it in the same turn.
        case .some: recount.insert(type)
        case nil: break
        }
    }

    private func settle(_ reopened: Reopened, _ reopening: Reopening, _ outcome: inout CommandOutcome) {
        switch reopened {
        case .done(let type, let state):
            typeQueues[type]?.counters[state] -= 1
            typeQueues[type]?.waitsAgain()
            outcome = CommandOutcome(id: reopening.id, outcome: .done, state: state)
        case .refused(let state): outcome = CommandOutcome(id: reopening.id, outcome: .refused, state: state)
        case .unknown: outcome = CommandOutcome(id: reopening.id, outcome: .unknown)
        }
    }

    /// A task that had ended when its cancellation came to the store: says how.
    private func correct(_ planned: inout PlannedCommand) async {
        let late = planned.outcomes.indices.filter { index in
            guard case .ending = planned.steps[index] else { return false }
            return planned.outcomes[index].outcome == .refused
        }
        guard !late.isEmpty else { return }
        do throws(StoreError) {
            let states = try await states(late.map { planned.outcomes[$0].id })
            for index in late { planned.outcomes[index].state = states[planned.outcomes[index].id]?.state }
        } catch {
            logger.error("cannot read the store; an answer lacks states", metadata: ["error": "\(error)"])
            for index in late { planned.outcomes[index].state = nil }
        }
    }
}
