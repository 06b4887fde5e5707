import AMQP
import Foundation
import Logging
import TaskGridCore
import TaskStore

extension Scheduler {
    /// Takes up what workers say of their tasks.
    func take(_ results: [Results], _ now: Timestamp, _ plan: inout Plan) async {
        await findHolders(results)
        let absent = await findAbsent(results)
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
                            kind: .error, service: "dispatcher", at: clock.wall,
                            message: "result of another store's tasks from worker \(result.worker)"), topology)
                )
                continue
            }
            guard let typeQueue = typeQueues[result.type] else { continue }
            for item in result.items {
                if item.id == .marker {
                    markerIsBack(item.attempt, typeQueue, now, &plan)
                } else if let index = typeQueue.handed.index(forKey: item.id) {
                    // Nearly all are of the latest attempt. No time is lost on these.
                    if item.attempt >= typeQueue.handed.values[index].machine.attempt {
                        take(item, at: index, result, typeQueue, now, &plan)
                    } else {
                        await takeEarlier(item, result, typeQueue, now, &plan)
                    }
                } else {
                    await takeForgotten(item, result, typeQueue, absent, now, &plan)
                }
            }
        }
    }

    /// Open tasks of the store that the scheduler does not know as handed out, by their ids.
    private struct Absent {
        var asked: Set<TaskID> = []
        var open: [TaskID: OpenTask] = [:]
    }

    /// Reads the tasks that these results speak of and that are not handed out, all at once.
    private func findAbsent(_ results: [Results]) async -> Absent {
        var absent = Absent()
        for result in results where result.store == store.identity {
            guard let typeQueue = typeQueues[result.type] else { continue }
            for item in result.items where item.id != .marker && typeQueue.handed[item.id] == nil { absent.asked.insert(item.id) }
        }
        guard !absent.asked.isEmpty else { return absent }
        for task in (try? await store.open(absent.asked.sorted())) ?? [] { absent.open[task.id] = task }
        return absent
    }

    /// Only a success counts of a task that is not out: an older attempt got there after all. One that was ended for want of time has
    /// come too late.
    private func takeForgotten(
        _ item: Results.Item, _ result: Results, _ typeQueue: TypeQueue, _ absent: Absent, _ now: Timestamp, _ plan: inout Plan
    ) async {
        // A task that was put back in this turn was not asked for.
        let known = absent.asked.contains(item.id) ? absent.open[item.id] : (try? await store.open(item.id))
        guard let open = known else { return ignore(item, result, "the task has ended, or is not known") }
        guard open.type == typeQueue.type, (1...max(1, open.attempt)).contains(item.attempt), open.attempt > 0 else {
            return refuse(item, result, typeQueue, now, &plan)
        }
        guard case .succeeded = item.outcome else { return ignore(item, result, "the task waits for its next attempt") }
        guard await !hasTimedOut(item) else { return ignore(item, result, "the attempt was ended before, it ran out of time") }
        typeQueue.hand(out: open)
        if let index = typeQueue.handed.index(forKey: item.id) { take(item, at: index, result, typeQueue, now, &plan) }
        recount.insert(typeQueue.type)
    }

    /// Takes what is said of an attempt before the latest one of a task that is out. A success of one that was ended for want of time
    /// has come too late.
    private func takeEarlier(
        _ item: Results.Item, _ result: Results, _ typeQueue: TypeQueue, _ now: Timestamp, _ plan: inout Plan
    ) async {
        if case .succeeded = item.outcome, typeQueue.handed[item.id]?.settings.timeout != nil, await hasTimedOut(item) {
            return ignore(item, result, "the attempt was ended before, it ran out of time")
        }
        guard let index = typeQueue.handed.index(forKey: item.id) else { return }
        take(item, at: index, result, typeQueue, now, &plan)
    }

    /// Whether the dispatcher has ended an attempt for want of time.
    private func hasTimedOut(_ item: Results.Item) async -> Bool {
        let attempts = (try? await store.task(item.id, content: .none))?.attempts ?? []
        return attempts.contains { $0.number == item.attempt && $0.outcome == .timedOut }
    }

    private func ignore(_ item: Results.Item, _ result: Results, _ why: String) {
        logger.debug(
            "late word on a task ignored",
            metadata: ["task.id": "\(item.id)", "task.attempt": "\(item.attempt)", "worker.id": "\(result.worker)", "reason": "\(why)"]
        )
    }

    /// Refuses what is said of an attempt that was never handed out: counts it, and tells of it once a minute at most.
    private func refuse(_ item: Results.Item, _ result: Results, _ typeQueue: TypeQueue, _ now: Timestamp, _ plan: inout Plan) {
        typeQueue.statistics.resultRefused()
        typeQueue.isDirty = true
        guard nextRefusedResult.map({ $0 <= plan.clock }) ?? true else { return }
        nextRefusedResult = plan.clock + .seconds(60)
        logger.warning(
            "result refused, its attempt was never handed out",
            metadata: [
                "task.id": "\(item.id)", "task.attempt": "\(item.attempt)", "task.type": "\(typeQueue.type)",
                "worker.id": "\(result.worker)",
            ]
        )
        let message =
            "a result of worker \(result.worker) is refused: attempt \(item.attempt) of task \(item.id) of type '\(typeQueue.type)' was never "
            + "handed out; look for a worker that makes up results, or two grids with one prefix"
        plan.publications.append(.event(GridEvent(kind: .warning, service: "dispatcher", at: clock.wall, message: message), topology))
    }

    private func take(
        _ item: Results.Item, at index: Dictionary<TaskID, HandedTask>.Index, _ result: Results, _ typeQueue: TypeQueue, _ now: Timestamp,
        _ plan: inout Plan
    ) {
        let latest = typeQueue.handed.values[index].machine.attempt
        guard (1...max(1, latest)).contains(item.attempt) else { return refuse(item, result, typeQueue, now, &plan) }
        let timeout = typeQueue.handed.values[index].settings.timeout
        switch item.outcome {
        case .succeeded where timeout.map({ item.runTime > $0 + WireFormat.timeoutGrace }) ?? false:
            typeQueue.attemptEnded(result.worker, succeeded: false, runTime: item.runTime)
            let error = TaskError.timeout(timeout)
            apply(.failed(attempt: item.attempt, error), at: index, typeQueue, now, &plan, Data(), result.worker, item.runTime)
        case .succeeded(let payload):
            typeQueue.attemptEnded(result.worker, succeeded: true, runTime: item.runTime)
            apply(.succeeded(attempt: item.attempt), at: index, typeQueue, now, &plan, payload, result.worker, item.runTime)
        case .failed(let error):
            typeQueue.attemptEnded(result.worker, succeeded: false, runTime: item.runTime)
            apply(.failed(attempt: item.attempt, error), at: index, typeQueue, now, &plan, Data(), result.worker, item.runTime)
        case .interrupted:
            interrupt(RegistryMessage.Held(task: item.id, attempt: item.attempt), typeQueue, now, &plan)
        case .returned:
            apply(.givenBack(attempt: item.attempt), item.id, typeQueue, now, &plan)
        case .started:
            typeQueue.name(
                RegistryMessage.Held(task: item.id, attempt: item.attempt), worker: result.worker, report: nil, runs: true,
                at: time.moment().instant)
        }
    }

    /// Work that reached no queue waits in the store again.
    func take(_ undelivered: Inbox.Undelivered, _ now: Timestamp, _ plan: inout Plan) {
        guard let typeQueue = typeQueues[undelivered.type] else { return }
        let held = undelivered.held
        switch undelivered.reason {
        case .unroutable:
            if typeQueue.isRoutable {
                typeQueue.isRoutable = false
                unroutable.insert(typeQueue.type)
                logger.warning("no work queue; tasks wait for a worker of the type", metadata: ["task.type": "\(undelivered.type)"])
            }
            if typeQueue.concurrency > 0 { plan.unroutable.insert(typeQueue.type) }
            apply(.givenBack(attempt: held.attempt), held.task, typeQueue, now, &plan)
        case .refused:
            // It was with no worker, so nothing of it counts; it waits until the queue takes more.
            apply(.givenBack(attempt: held.attempt), held.task, typeQueue, now, &plan)
            if typeQueue.queueRefused(at: .now) {
                let queue = topology.workQueue(typeQueue.type).name
                logger.warning(
                    "work queue refuses tasks, they wait in the store until it takes more",
                    metadata: ["task.type": "\(typeQueue.type)", "amqp.queue": "\(queue)"]
                )
                let message =
                    "work queue '\(queue)' refuses tasks of type '\(typeQueue.type)': it is as full as a policy allows, or fails; they wait in "
                    + "the store and go out as it takes them"
                plan.publications.append(
                    .event(GridEvent(kind: .warning, service: "dispatcher", at: clock.wall, message: message), topology))
            }
        case .tooLarge(let text):
            apply(.failed(attempt: held.attempt, TaskError(.payloadTooLarge, text)), held.task, typeQueue, now, &plan)
        }
    }

    /// Gives an event to a task's state machine and plans what follows; nothing where the task is not handed out.
    ///
    /// `heard`: when the worker that the event ends was last heard of; nil: now.
    func apply(
        _ event: TaskStateMachine.Event, _ id: TaskID, _ typeQueue: TypeQueue, _ now: Timestamp, _ plan: inout Plan, heard: Moment? = nil
    ) {
        guard let index = typeQueue.handed.index(forKey: id) else { return }
        apply(event, at: index, typeQueue, now, &plan, heard: heard)
    }

    private func apply(
        _ event: TaskStateMachine.Event, at index: Dictionary<TaskID, HandedTask>.Index, _ typeQueue: TypeQueue, _ now: Timestamp,
        _ plan: inout Plan, _ payload: Data = Data(), _ worker: String = "", _ runTime: Duration = .zero, heard: Moment? = nil
    ) {
        let id = typeQueue.handed.keys[index]
        let wasAnnounced = typeQueue.handed.values[index].machine.interruptions > 0
        let action = typeQueue.handed.values[index].machine.handle(event)
        tellBreaker(event, action, wasAnnounced: wasAnnounced, id, typeQueue, now, &plan)
        switch action {
        case .none:
            break
        case .ignored(let reason):
            logger.debug("word on a task ignored", metadata: ["task.id": "\(id)", "reason": "\(reason)"])
        case .handOut:
            note(event, id, typeQueue, now, &plan, worker, runTime, heard: heard)
            // One that is lost again and again may be such as one whose result nobody can read.
            let isLost = if case .lost = event { true } else { false }
            putBack(at: index, typeQueue, &plan) { isLost ? now + delay(of: $0) : nil }
        case .retry(let number):
            let delay = (typeQueue.handed.values[index].settings.backoff ?? configuration.retry.backoff).delay(before: number)
            var error: TaskError?
            if case .failed(_, let cause) = event { error = cause }
            typeQueue.statistics.attemptRetried()
            note(event, id, typeQueue, now, &plan, worker, runTime)
            putBack(at: index, typeQueue, error: error, &plan) { _ in now + delay }
        case .end(let state, let error):
            if state != .succeeded { note(event, id, typeQueue, now, &plan, worker, runTime, heard: heard) }
            let task = typeQueue.remove(at: index)
            let (priority, attempt) = (task.settings.priority, task.machine.attempt)
            plan.end(
                task,
                NewEnding(
                    id: id, type: typeQueue.type, priority: priority, state: state, result: state == .succeeded ? payload : Data(),
                    error: error, worker: worker, attempt: attempt, runTime: runTime, completed: now
                )
            )
        }
    }

    /// A task leaves the window for the store: for its schedule, or without a due time to go out again at once.
    private func putBack(
        at index: Dictionary<TaskID, HandedTask>.Index, _ typeQueue: TypeQueue, error: TaskError? = nil, _ plan: inout Plan,
        due: (TaskStateMachine) -> Timestamp?
    ) {
        let id = typeQueue.handed.keys[index]
        let machine = typeQueue.remove(at: index).machine
        let due = due(machine)
        if let due { typeQueue.scheduled(for: due) } else { typeQueue.waitsAgain() }
        plan.changes.schedules.append(
            Schedule(
                id: id, type: typeQueue.type, attempt: machine.attempt, failures: machine.failures, interruptions: machine.interruptions,
                due: due, error: error
            )
        )
    }

    /// Ends attempts that run longer than their tasks allow. The worker does so itself; this is for one that does not, or cannot.
    func endTimedOut(_ typeQueue: TypeQueue, _ now: Timestamp, _ plan: inout Plan) {
        for id in typeQueue.takeTimedOut(at: plan.clock) {
            guard let task = typeQueue.handed[id] else { continue }
            plan.cancels[typeQueue.type, default: []].append(RegistryMessage.Held(task: id, attempt: task.machine.attempt))
            apply(.failed(attempt: task.machine.attempt, .timeout(task.settings.timeout)), id, typeQueue, now, &plan)
        }
    }

    /// Ends tasks that were not begun before their expiry.
    func endExpired(_ now: Timestamp, _ plan: inout Plan) async {
        let expired: [OpenTask]
        // The store does not know what runs, and gives that too, the longest expired first.
        let running = typeQueues.running
        do {
            expired = try await store.expired(at: now, limit: 1000 + running)
        } catch {
            logger.error("cannot look for expired tasks", metadata: ["error": "\(error)"])
            return
        }
        for task in expired {
            guard let typeQueue = typeQueues[task.type], typeQueue.handed[task.id]?.runningSince == nil else { continue }
            if let handed = typeQueue.handed[task.id] {
                // Should a worker have it by now, it need not begin.
                plan.cancels[typeQueue.type, default: []].append(RegistryMessage.Held(task: task.id, attempt: handed.machine.attempt))
            } else {
                typeQueue.hand(out: task)
                recount.insert(task.type)
            }
            apply(.expired, task.id, typeQueue, now, &plan)
        }
    }
}

extension TaskError {
    fileprivate static func timeout(_ timeout: Duration?) -> TaskError {
        TaskError(.timedOut, "ran longer than \(timeout?.seconds ?? 0) s")
    }
}
