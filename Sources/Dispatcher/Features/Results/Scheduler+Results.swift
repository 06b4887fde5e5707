import Foundation
import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// The results that workers send.
extension Scheduler {
    /// Plans what follows from results.
    func planResults(_ results: [Results], in turn: inout Turn) async {
        await findHolders(results)
        let absent = await findAbsent(results)
        for result in results {
            guard result.store == store.identity else {
                if !result.items.allSatisfy({ $0.id == .marker }) { refuseForeign(result, in: &turn) }
                continue
            }
            guard let typeQueue = typeQueues[result.type] else { continue }
            for item in result.items {
                if item.id == .marker {
                    planReturnedMarker(item.attempt, of: typeQueue, in: &turn)
                } else if let index = typeQueue.handed.index(forKey: item.id) {
                    // Nearly all are of the latest attempt. No time is lost on these.
                    if item.attempt >= typeQueue.handed.values[index].machine.attempt {
                        apply(item, at: index, of: typeQueue, from: result.worker, in: &turn)
                    } else {
                        await applyEarlier(item, of: typeQueue, from: result.worker, in: &turn)
                    }
                } else {
                    await applyAbsent(item, of: typeQueue, from: result.worker, among: absent, in: &turn)
                }
            }
        }
    }

    private func refuseForeign(_ result: Results, in turn: inout Turn) {
        logger.error(
            "result of another store's tasks refused", metadata: [LogKey.workerID: "\(result.worker)", LogKey.storeID: "\(result.store)"])
        turn.plan.publications.append(
            .deadLetter(result.message(isPersistent: true), because: "tasks of store \(result.store); this is \(store.identity)", topology))
        tell(.error, "result of another store's tasks from worker \(result.worker)", in: &turn)
    }

    private func apply(
        _ item: Results.Item, at index: Dictionary<TaskID, HandedTask>.Index, of typeQueue: TypeQueue, from worker: String,
        in turn: inout Turn
    ) {
        let latest = typeQueue.handed.values[index].machine.attempt
        guard (1...max(1, latest)).contains(item.attempt) else { return refuse(item, of: typeQueue, from: worker, in: &turn) }
        let timeout = typeQueue.handed.values[index].settings.timeout
        var report = AttemptAccount(worker: worker, runTime: item.runTime)
        // When it began is not said: it was the time of its run before now.
        let readySince = item.attempt == latest ? typeQueue.handed.values[index].readySince : nil
        let waited = readySince.map { max(.zero, turn.now - $0 - item.runTime) }
        switch item.outcome {
        case .succeeded where timeout.map({ item.runTime > $0 + WireFormat.timeoutGrace }) ?? false:
            typeQueue.attemptEnded(worker, succeeded: false, runTime: item.runTime, waited: waited)
            apply(.failed(attempt: item.attempt, .timeout(timeout)), at: index, of: typeQueue, report: report, in: &turn)
        case .succeeded(let payload):
            typeQueue.attemptEnded(worker, succeeded: true, runTime: item.runTime, waited: waited)
            report.payload = payload
            apply(.succeeded(attempt: item.attempt), at: index, of: typeQueue, report: report, in: &turn)
        case .failed(let error):
            // A cancelled attempt has not failed.
            let succeeded: Bool? = error.code == .cancelled ? nil : false
            typeQueue.attemptEnded(worker, succeeded: succeeded, runTime: item.runTime, waited: waited)
            apply(.failed(attempt: item.attempt, error), at: index, of: typeQueue, report: report, in: &turn)
        case .interrupted:
            planRedelivery(of: RegistryMessage.Held(task: item.id, attempt: item.attempt), in: typeQueue, &turn)
        case .returned:
            apply(.givenBack(attempt: item.attempt), to: item.id, of: typeQueue, in: &turn)
        case .started:
            let held = RegistryMessage.Held(task: item.id, attempt: item.attempt)
            typeQueue.recordHolder(of: held, worker: worker, report: nil, runs: true, at: time.moment().instant)
        }
    }

    // MARK: Results that come late

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

    /// Only a success counts of a task that is not handed out: an older attempt got there after all. One that was ended for want of time
    /// has come too late.
    private func applyAbsent(
        _ item: Results.Item, of typeQueue: TypeQueue, from worker: String, among absent: Absent, in turn: inout Turn
    ) async {
        // A task that was put back in this turn was not asked for.
        let known = absent.asked.contains(item.id) ? absent.open[item.id] : (try? await store.open(item.id))
        guard let open = known else { return ignore(item, from: worker, because: "the task has ended, or is not known") }
        guard open.type == typeQueue.type, (1...max(1, open.attempt)).contains(item.attempt), open.attempt > 0 else {
            return refuse(item, of: typeQueue, from: worker, in: &turn)
        }
        guard case .succeeded = item.outcome else { return ignore(item, from: worker, because: "the task waits for its next attempt") }
        guard await !hasTimedOut(item) else {
            return ignore(item, from: worker, because: "the attempt was ended before, it ran out of time")
        }
        typeQueue.hand(out: open)
        if let index = typeQueue.handed.index(forKey: item.id) { apply(item, at: index, of: typeQueue, from: worker, in: &turn) }
        staleTypes.counters.insert(typeQueue.type)
    }

    /// Applies what is said of an attempt before the latest one of a task that is handed out. A success of one that was ended for want of
    /// time has come too late.
    private func applyEarlier(_ item: Results.Item, of typeQueue: TypeQueue, from worker: String, in turn: inout Turn) async {
        if case .succeeded = item.outcome, typeQueue.handed[item.id]?.settings.timeout != nil, await hasTimedOut(item) {
            return ignore(item, from: worker, because: "the attempt was ended before, it ran out of time")
        }
        guard let index = typeQueue.handed.index(forKey: item.id) else { return }
        apply(item, at: index, of: typeQueue, from: worker, in: &turn)
    }

    /// Whether the dispatcher has ended an attempt for want of time.
    private func hasTimedOut(_ item: Results.Item) async -> Bool {
        let attempts = (try? await store.task(item.id, content: .none))?.attempts ?? []
        return attempts.contains { $0.number == item.attempt && $0.outcome == .timedOut }
    }

    private func ignore(_ item: Results.Item, from worker: String, because reason: String) {
        logger.debug(
            "late result ignored",
            metadata: [
                LogKey.taskID: "\(item.id)", LogKey.taskAttempt: "\(item.attempt)", LogKey.workerID: "\(worker)",
                LogKey.reason: "\(reason)",
            ]
        )
    }

    /// Refuses what is said of an attempt that was never handed out: counts it, and tells of it once a minute at most.
    private func refuse(_ item: Results.Item, of typeQueue: TypeQueue, from worker: String, in turn: inout Turn) {
        typeQueue.statistics.resultRefused()
        typeQueue.isDirty = true
        guard resultRefusals.passes(at: turn.moment) else { return }
        logRefusal("result refused, its attempt was never handed out", of: item, type: typeQueue.type, worker: worker)
        let message =
            "a result of worker \(worker) is refused: attempt \(item.attempt) of task \(item.id) of type '\(typeQueue.type)' was never "
            + "handed out; look for a worker that makes up results, or two grids with one prefix"
        tell(.warning, message, in: &turn)
    }

    func logRefusal(_ line: Logger.Message, of item: Results.Item, type: TaskType, worker: String) {
        logger.warning(
            line,
            metadata: [
                LogKey.taskID: "\(item.id)", LogKey.taskAttempt: "\(item.attempt)", LogKey.taskType: "\(type)",
                LogKey.workerID: "\(worker)",
            ]
        )
    }
}
