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
            guard let lane = lanes[result.type] else { continue }
            for item in result.items {
                if item.id == .marker {
                    markerIsBack(item.attempt, lane, now, &plan)
                } else if let place = lane.handed.index(forKey: item.id) {
                    take(item, at: place, result, lane, now, &plan)
                } else {
                    await takeForgotten(item, result, lane, now, &plan)
                }
            }
        }
    }

    /// Only a success counts of a task that is not out: an older attempt got there after all.
    private func takeForgotten(_ item: Results.Item, _ result: Results, _ lane: Lane, _ now: Timestamp, _ plan: inout Plan) async {
        guard case .succeeded = item.outcome, let open = try? await store.open(item.id), open.type == lane.type else {
            logger.debug("late word on a task ignored", metadata: ["task.id": "\(item.id)", "worker.id": "\(result.worker)"])
            return
        }
        lane.hand(out: open)
        if let place = lane.handed.index(forKey: item.id) { take(item, at: place, result, lane, now, &plan) }
        recount.insert(lane.type)
    }

    private func take(
        _ item: Results.Item, at place: Dictionary<TaskID, HandedTask>.Index, _ result: Results, _ lane: Lane, _ now: Timestamp,
        _ plan: inout Plan
    ) {
        switch item.outcome {
        case .succeeded(let payload):
            lane.attemptEnded(result.worker, succeeded: true, runTime: item.runTime)
            apply(.succeeded(attempt: item.attempt), at: place, lane, now, &plan, payload, result.worker, item.runTime)
        case .failed(let error):
            lane.attemptEnded(result.worker, succeeded: false, runTime: item.runTime)
            apply(.failed(attempt: item.attempt, error), at: place, lane, now, &plan, Data(), result.worker, item.runTime)
        case .interrupted:
            interrupt(RegistryMessage.Held(task: item.id, attempt: item.attempt), lane, now, &plan)
        case .returned:
            apply(.givenBack(attempt: item.attempt), item.id, lane, now, &plan)
        case .started:
            lane.name(RegistryMessage.Held(task: item.id, attempt: item.attempt), worker: result.worker, at: .now)
        }
    }

    /// A delivery came back, and whoever held it is known to live or not.
    private func interrupt(_ held: RegistryMessage.Held, _ lane: Lane, _ now: Timestamp, _ plan: inout Plan) {
        // One that was to be announced and was not had not begun, and is not to blame.
        let machine = lane.handed[held.task]?.machine
        let started = machine?.interruptions == 0 || machine?.state == .running
        let lives = workers.holder(of: held) != nil
        if !lives, lane.handed[held.task]?.isInherited == true {
            return apply(.lost(attempt: held.attempt), held.task, lane, now, &plan)
        }
        apply(.interrupted(attempt: held.attempt, holderLives: lives, started: started), held.task, lane, now, &plan)
    }

    /// A delivery came back: finds out whether those whose heartbeats name its tasks still live. A lease says so only
    /// after seconds; the control queue of a worker that died is gone at once.
    private func findHolders(_ results: [Results]) async {
        var holders: Set<String> = []
        for result in results {
            for item in result.items {
                guard case .interrupted = item.outcome else { continue }
                if let holder = workers.holder(of: RegistryMessage.Held(task: item.id, attempt: item.attempt)) { holders.insert(holder) }
            }
        }
        await removeGone(holders)
    }

    /// Asks whether these workers live, and forgets those that do not. Where the broker cannot be asked all count as alive: what
    /// they may hold is asked for again.
    private func removeGone(_ asked: Set<String>) async {
        guard !asked.isEmpty else { return }
        for worker in await findGone(asked.sorted()) ?? [] {
            logger.notice("worker is gone", metadata: ["worker.id": "\(worker)"])
            refresh(workers.remove(worker))
        }
    }

    /// Hands out anew the tasks whose delivery came back while their worker lived, and whose worker holds them no more.
    /// One that dies keeps its control queue for a moment, in which it seems to live; and one that lived may die later.
    func adoptOrphans(_ now: Timestamp, _ plan: inout Plan) async {
        let orphans = lanes.withTasksHandedOut().flatMap { lane in
            lane.orphans.compactMap { id in
                lane.handed[id].map { (lane: lane, held: RegistryMessage.Held(task: id, attempt: $0.machine.attempt)) }
            }
        }
        await removeGone(Set(orphans.compactMap { workers.holder(of: $0.held) }))
        for orphan in orphans where workers.holder(of: orphan.held) == nil { interrupt(orphan.held, orphan.lane, now, &plan) }
    }

    /// Work that reached no queue waits in the store again.
    func take(_ undelivered: Inbox.Undelivered, _ now: Timestamp, _ plan: inout Plan) {
        guard let lane = lanes[undelivered.type] else { return }
        let held = undelivered.held
        switch undelivered.reason {
        case .unroutable:
            if lane.isRoutable {
                lane.isRoutable = false
                logger.warning("no work queue; tasks wait for a worker of the type", metadata: ["task.type": "\(undelivered.type)"])
            }
            apply(.givenBack(attempt: held.attempt), held.task, lane, now, &plan)
        case .refused:
            // A queue that is full, or fails, is not asked again at once; other types go on.
            if lane.holdBack(at: .now) {
                logger.warning("work queue takes no messages; the type is held back", metadata: ["task.type": "\(undelivered.type)"])
            }
            apply(.givenBack(attempt: held.attempt), held.task, lane, now, &plan, backsOff: true)
        case .tooLarge(let text):
            apply(.failed(attempt: held.attempt, TaskError(.payloadTooLarge, text)), held.task, lane, now, &plan)
        }
    }

    /// Gives an event to a task's state machine and plans what follows; nothing where the task is not handed out.
    ///
    /// - Parameter backsOff: whether one that goes out again does so the later the more often that has happened.
    func apply(
        _ event: TaskStateMachine.Event, _ id: TaskID, _ lane: Lane, _ now: Timestamp, _ plan: inout Plan, backsOff: Bool = false
    ) {
        guard let place = lane.handed.index(forKey: id) else { return }
        apply(event, at: place, lane, now, &plan, backsOff: backsOff)
    }

    private func apply(
        _ event: TaskStateMachine.Event, at place: Dictionary<TaskID, HandedTask>.Index, _ lane: Lane, _ now: Timestamp,
        _ plan: inout Plan, _ payload: Data = Data(), _ worker: String = "", _ runTime: Duration = .zero, backsOff: Bool = false
    ) {
        let id = lane.handed.keys[place]
        let wasAnnounced = lane.handed.values[place].machine.interruptions > 0
        let action = lane.handed.values[place].machine.handle(event)
        tellBreaker(event, action, wasAnnounced: wasAnnounced, id, lane, now, &plan)
        switch action {
        case .none:
            break
        case .ignored(let reason):
            if reason == .holderLives { lane.orphaned(id) }
            logger.debug("word on a task ignored", metadata: ["task.id": "\(id)", "reason": "\(reason)"])
        case .handOut:
            note(event, id, lane, now, &plan, worker, runTime)
            // One that is lost again and again may be such as one whose result nobody can read.
            let isLost = if case .lost = event { true } else { false }
            putBack(at: place, lane, &plan) { isLost || backsOff ? now + delay(of: $0) : now }
        case .retry(let number):
            let delay = configuration.retry.backoff.delay(before: number)
            var error: TaskError?
            if case .failed(_, let cause) = event { error = cause }
            lane.statistics.attemptRetried()
            note(event, id, lane, now, &plan, worker, runTime)
            putBack(at: place, lane, error: error, &plan) { _ in now + delay }
        case .end(let state, let error):
            if state != .succeeded { note(event, id, lane, now, &plan, worker, runTime) }
            let task = lane.remove(at: place)
            let (priority, attempt) = (task.priority, task.machine.attempt)
            plan.end(
                task,
                NewEnding(
                    id: id, type: lane.type, priority: priority, state: state, result: state == .succeeded ? payload : Data(),
                    error: error, worker: worker, attempt: attempt, runTime: runTime, completed: now
                )
            )
        }
    }

    /// A task leaves the window for the store's schedule.
    private func putBack(
        at place: Dictionary<TaskID, HandedTask>.Index, _ lane: Lane, error: TaskError? = nil, _ plan: inout Plan,
        due: (TaskStateMachine) -> Timestamp
    ) {
        let id = lane.handed.keys[place]
        let machine = lane.remove(at: place).machine
        let due = due(machine)
        lane.scheduled(for: due)
        plan.changes.schedules.append(
            Schedule(
                id: id, type: lane.type, attempt: machine.attempt, failures: machine.failures, interruptions: machine.interruptions,
                due: due, error: error
            )
        )
    }

    /// Ends attempts that run longer than their tasks allow. The worker does so itself; this is for one that cannot.
    func endTimedOut(_ lane: Lane, _ clock: ContinuousClock.Instant, _ now: Timestamp, _ plan: inout Plan) {
        let grace = Duration.seconds(5)
        let end = Moment(clock)
        let late = lane.limited.filter { id in
            guard let task = lane.handed[id], let timeout = task.timeout, let since = task.runningSince else { return false }
            return since + timeout + grace <= end
        }
        for id in late {
            guard let task = lane.handed[id] else { continue }
            let error = TaskError(.timedOut, "ran longer than \(task.timeout?.seconds ?? 0) s")
            apply(.failed(attempt: task.machine.attempt, error), id, lane, now, &plan)
        }
    }

    /// Ends tasks that were not begun before their expiry.
    func endExpired(_ now: Timestamp, _ plan: inout Plan) async {
        let expired: [OpenTask]
        // The store does not know what runs, and gives that too, the longest expired first.
        let running = lanes.running
        do {
            expired = try await store.expired(at: now, limit: 1000 + running)
        } catch {
            logger.error("cannot look for expired tasks", metadata: ["error": "\(error)"])
            return
        }
        for task in expired {
            guard let lane = lanes[task.type], lane.handed[task.id]?.runningSince == nil else { continue }
            if lane.handed[task.id] == nil {
                lane.hand(out: task)
                recount.insert(task.type)
            }
            apply(.expired, task.id, lane, now, &plan)
        }
    }
}
