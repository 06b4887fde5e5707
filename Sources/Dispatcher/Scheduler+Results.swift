import AMQP
import Foundation
import Logging
import TaskGridCore
import TaskStore

extension Scheduler {
    /// Takes up what workers say of their tasks.
    func take(_ results: [Results], _ now: Timestamp, _ plan: inout Plan) async {
        await findHolders(results)
        for result in results {
            guard result.store == store.identity else {
                if result.items.allSatisfy({ $0.id == .marker }) { continue }
                logger.error(
                    "result of another store's tasks", metadata: ["worker.id": "\(result.worker)", "store.id": "\(result.store)"]
                )
                plan.publications.append(
                    .dead(result.message(isPersistent: true), "tasks of store \(result.store); this is \(store.identity)", topology)
                )
                plan.publications.append(
                    .event(
                        GridEvent(
                            kind: .error, service: "dispatcher", at: now,
                            message: "result of another store's tasks from worker \(result.worker)"), topology)
                )
                continue
            }
            for item in result.items { await take(item, result, now, &plan) }
        }
    }

    private func take(_ item: Results.Item, _ result: Results, _ now: Timestamp, _ plan: inout Plan) async {
        let type = result.type
        guard item.id != .marker else { return markerIsBack(item.attempt, type, now, &plan) }
        var isForgotten = false
        if lanes[type]?.handed[item.id] == nil {
            // Only a success counts of a task that is not out: an older attempt got there after all.
            guard case .succeeded = item.outcome, let open = try? await store.open(item.id), open.type == type else {
                logger.debug("late word on a task ignored", metadata: ["task.id": "\(item.id)", "worker.id": "\(result.worker)"])
                return
            }
            lanes[type]?.hand(out: open)
            isForgotten = true
        }
        let held = RegistryMessage.Held(task: item.id, attempt: item.attempt)
        switch item.outcome {
        case .succeeded(let payload):
            lanes[type]?.ran(for: item.runTime)
            lanes[type]?.statistics.attemptEnded(result.worker, succeeded: true, runTime: item.runTime)
            apply(.succeeded(attempt: item.attempt), item.id, type, now, &plan, payload, result.worker, item.runTime)
        case .failed(let error):
            lanes[type]?.ran(for: item.runTime)
            lanes[type]?.statistics.attemptEnded(result.worker, succeeded: false, runTime: item.runTime)
            apply(.failed(attempt: item.attempt, error), item.id, type, now, &plan, worker: result.worker, runTime: item.runTime)
        case .interrupted:
            // One that was to be announced and was not had not begun, and is not to blame.
            let machine = lanes[type]?.handed[item.id]?.machine
            let started = machine?.interruptions == 0 || machine?.state == .running
            let lives = workers.holder(of: held) != nil
            apply(.interrupted(attempt: item.attempt, holderLives: lives, started: started), item.id, type, now, &plan)
        case .returned:
            apply(.givenBack(attempt: item.attempt), item.id, type, now, &plan)
        case .started:
            apply(.named(attempt: item.attempt), item.id, type, now, &plan)
        }
        if isForgotten { recount.insert(type) }
    }

    /// A delivery came back: finds out whether those whose heartbeats name its tasks still live. A lease says so only
    /// after seconds; the control queue of a worker that died is gone at once.
    private func findHolders(_ results: [Results]) async {
        var holders: Set<String> = []
        for result in results {
            for item in result.items where item.outcome == .interrupted {
                if let holder = workers.holder(of: RegistryMessage.Held(task: item.id, attempt: item.attempt)) { holders.insert(holder) }
            }
        }
        await removeGone(holders)
    }

    /// Asks whether these workers live, and forgets those that do not.
    private func removeGone(_ asked: Set<String>) async {
        guard !asked.isEmpty else { return }
        for worker in await findGone(asked.sorted()) {
            logger.notice("worker is gone", metadata: ["worker.id": "\(worker)"])
            refresh(workers.remove(worker))
        }
    }

    /// Hands out anew the tasks whose delivery came back while their worker lived, and whose worker holds them no more.
    /// One that dies keeps its control queue for a moment, in which it seems to live; and one that lived may die later.
    func adoptOrphans(_ now: Timestamp, _ plan: inout Plan) async {
        let orphans = lanes.values.flatMap { lane in
            lane.handed.filter(\.value.isOrphan).map { id, task in
                (type: lane.type, held: RegistryMessage.Held(task: id, attempt: task.machine.attempt))
            }
        }
        await removeGone(Set(orphans.compactMap { workers.holder(of: $0.held) }))
        for orphan in orphans where workers.holder(of: orphan.held) == nil {
            let event = TaskStateMachine.Event.interrupted(attempt: orphan.held.attempt, holderLives: false)
            apply(event, orphan.held.task, orphan.type, now, &plan)
        }
    }

    /// Work that reached no queue waits in the store again.
    func take(_ undelivered: Inbox.Undelivered, _ now: Timestamp, _ plan: inout Plan) {
        if undelivered.isUnroutable, lanes[undelivered.type]?.isRoutable == true {
            lanes[undelivered.type]?.isRoutable = false
            logger.warning("no work queue; tasks wait for a worker of the type", metadata: ["task.type": "\(undelivered.type)"])
        }
        apply(.givenBack(attempt: undelivered.held.attempt), undelivered.held.task, undelivered.type, now, &plan)
    }

    /// Gives an event to a task's state machine and plans what follows.
    func apply(
        _ event: TaskStateMachine.Event, _ id: TaskID, _ type: TaskType, _ now: Timestamp, _ plan: inout Plan,
        _ payload: consuming Data = Data(), _ worker: String = "", _ runTime: Duration = .zero
    ) {
        guard var task = lanes[type]?.handed[id] else { return }
        let wasAnnounced = task.machine.interruptions > 0
        let action = task.machine.handle(event)
        lanes[type]?.handed[id] = task
        tellBreaker(event, action, wasAnnounced: wasAnnounced, id, type, now, &plan)
        switch action {
        case .none:
            break
        case .ignored(let reason):
            if reason == .holderLives { lanes[type]?.handed[id]?.isOrphan = true }
            logger.debug("word on a task ignored", metadata: ["task.id": "\(id)", "reason": "\(reason)"])
        case .handOut:
            putBack(id, task, type, due: now + delay(after: event, task.machine), error: nil, &plan)
        case .retry(let number):
            let delay = configuration.retry.backoff.delay(before: number)
            var error: TaskError?
            if case .failed(_, let cause) = event { error = cause }
            lanes[type]?.statistics.attemptRetried()
            putBack(id, task, type, due: now + delay, error: error, &plan)
        case .end(let state, let error):
            lanes[type]?.remove(id)
            plan.end(
                id, type, task,
                NewEnding(
                    id: id, type: type, state: state, result: state == .succeeded ? payload : Data(), error: error, worker: worker,
                    attempt: task.machine.attempt, runTime: runTime, completed: now
                )
            )
        }
    }

    private func apply(
        _ event: TaskStateMachine.Event, _ id: TaskID, _ type: TaskType, _ now: Timestamp, _ plan: inout Plan, worker: String,
        runTime: Duration
    ) {
        apply(event, id, type, now, &plan, Data(), worker, runTime)
    }

    /// A task leaves the window for the store's schedule.
    private func putBack(_ id: TaskID, _ task: HandedTask, _ type: TaskType, due: Timestamp, error: TaskError?, _ plan: inout Plan) {
        lanes[type]?.remove(id)
        lanes[type]?.scheduled(for: due)
        plan.changes.schedules.append(
            Schedule(
                id: id, type: type, attempt: task.machine.attempt, failures: task.machine.failures,
                interruptions: task.machine.interruptions, due: due, error: error
            )
        )
    }

    /// Ends attempts that run longer than their tasks allow. The worker does so itself; this is for one that cannot.
    func endTimedOut(_ type: TaskType, _ clock: ContinuousClock.Instant, _ now: Timestamp, _ plan: inout Plan) {
        let grace = Duration.seconds(5)
        let late = lanes[type]?.handed.filter { _, task in
            guard let timeout = task.timeout, let since = task.runningSince else { return false }
            return since + timeout + grace <= clock
        }
        for (id, task) in late ?? [:] {
            apply(
                .failed(attempt: task.machine.attempt, TaskError(.timedOut, "ran longer than \(task.timeout?.seconds ?? 0) s")), id, type,
                now, &plan)
        }
    }

    /// Ends tasks that were not begun before their expiry.
    func endExpired(_ now: Timestamp, _ plan: inout Plan) async {
        let expired: [OpenTask]
        do {
            expired = try await store.expired(at: now, limit: 1000)
        } catch {
            logger.error("cannot look for expired tasks", metadata: ["error": "\(error)"])
            return
        }
        for task in expired where lanes[task.type]?.handed[task.id]?.runningSince == nil {
            if lanes[task.type]?.handed[task.id] == nil {
                lanes[task.type]?.hand(out: task)
                recount.insert(task.type)
            }
            apply(.expired, task.id, task.type, now, &plan)
        }
    }
}
