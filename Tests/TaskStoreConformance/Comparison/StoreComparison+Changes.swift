import AMQP
import Foundation
import TaskGridCore
import TaskStore
import TestSupport

extension StoreComparison {
    mutating func anyType() -> TaskType { random.one(of: types) }

    /// Mostly one that was given.
    mutating func anyID() -> TaskID {
        guard !random.once(in: 15), lastTask > 0 else { return TaskID(Int64(random.number(1...2000))) }
        return TaskID(Int64(random.number(1...Int(lastTask))))
    }

    mutating func changes() -> StoreChanges {
        var changes = StoreChanges(types: random.once(in: 10) ? [anyType()] : [])
        for _ in 0..<random.number(0...3) { _ = changes.accept(submission()) }
        for _ in 0..<random.number(0...12) { _ = changes.end(ending()) }
        for _ in 0..<random.number(0...5) { _ = changes.reopen(Reopening(id: anyID())) }
        for _ in 0..<random.number(0...3) { changes.schedules.append(schedule()) }
        for _ in 0..<random.number(0...3) { changes.attempts.append(attempt()) }
        if random.once(in: 6) {
            let pause = random.coin() ? Pause(until: random.coin() ? .at(random.number(2...1000)) : nil) : nil
            changes.pauses.append(Pausing(type: anyType(), pause: pause))
        }
        for _ in 0..<random.number(0...2) {
            let (limit, bytes) = (random.number(0...15), random.once(in: 3) ? random.number(0...60) : 1 << 20)
            _ = changes.take(.of(anyType(), limit: limit, bytes: bytes, now: .at(now)))
        }
        if random.once(in: 4) { changes.takenBytes = random.number(0...100) }
        if random.once(in: 8) { _ = changes.forget(anyType()) }
        return changes
    }

    private mutating func submission() -> NewSubmission {
        if !submissions.isEmpty, random.once(in: 6) {
            var again = random.one(of: submissions)
            // The key for something else.
            if random.once(in: 4) { again.submission.tasks.append(again.submission.tasks[0]) }
            return again
        }
        let tasks = (0..<random.number(1...12)).map { index in
            var task = Submission.Task.text(
                "payload \(index)", priority: random.once(in: 3) ? random.number(0...9) : 0,
                due: random.once(in: 4) ? .at(now + random.number(-30...60)) : nil,
                expires: random.once(in: 5) ? .at(now + random.number(-5...90)) : nil
            )
            if random.once(in: 10) { task.settings.timeout = .seconds(random.number(1...9)) }
            if random.once(in: 10) { task.settings.backoff = Backoff(base: .seconds(1), ceiling: .seconds(random.number(1...9))) }
            return task
        }
        var new = NewSubmission.of(anyType(), key: "key-\(submissions.count)", tasks, created: .at(now), handsOut: random.once(in: 3))
        if random.once(in: 4) { new.wallOffset = .milliseconds(random.number(-20...20)) }
        submissions.append(new)
        return new
    }

    private mutating func ending() -> NewEnding {
        // The type is known, or wrong.
        var ending = NewEnding.of(
            anyID(), random.one(of: [.succeeded, .succeeded, .failed, .cancelled, .expired]), type: anyType(),
            result: random.once(in: 5) ? "" : "done", attempt: random.number(0...3), completed: .at(now)
        )
        if random.once(in: 200) { ending.state = .queued }
        if ending.error != nil { ending.error = TaskError(.failed, random.one(of: ["could not", "Refused: 100 %", "no_number"])) }
        if random.once(in: 5) { ending.worker = "" }
        if random.once(in: 5) { ending.runTime = .zero }
        return ending
    }

    private mutating func schedule() -> Schedule {
        Schedule(
            id: anyID(), type: anyType(), attempt: random.number(0...4), failures: random.number(0...2),
            interruptions: random.number(0...2), due: random.once(in: 3) ? nil : .at(now + random.number(-5...40)),
            error: random.coin() ? TaskError(.timedOut, "too slow") : nil
        )
    }

    private mutating func attempt() -> EndedAttempt {
        let attempt = Attempt.ended(
            random.number(1...4), random.coin() ? .failed : .lost, at: .at(now), after: random.coin() ? .milliseconds(3) : nil,
            worker: random.coin() ? "worker-1" : nil, error: random.coin() ? TaskError(.failed, "not this time") : nil
        )
        return EndedAttempt(id: anyID(), attempt: attempt)
    }

    mutating func filter() -> TaskFilter {
        func maybe<Value>(_ value: Value) -> Value? { random.once(in: 3) ? value : nil }
        return TaskFilter(
            type: maybe(anyType()), state: maybe(random.one(of: TaskState.allCases)), createdSince: maybe(.at(random.number(0...now))),
            createdUntil: maybe(.at(random.number(0...now))), completedSince: maybe(.at(random.number(0...now))),
            completedUntil: maybe(.at(random.number(0...now))),
            text: maybe(random.one(of: ["NOT", "d: 100 %", "o_n", "%", "o n", "nowhere"])),
            errorGroup: random.once(in: 8)
                ? ErrorGroup(text: random.one(of: ["failed: could not", "expired: not begun before its expiry"])) : nil,
            isOpen: random.once(in: 6)
        )
    }
}
