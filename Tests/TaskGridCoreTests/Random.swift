import AMQP
import Foundation
import TaskGridCore
import TestSupport

/// Anything that a message may hold, drawn within the wire's bounds.
extension Seeded {
    /// Text of 1 to 20 characters, some of several bytes; it fits where an id must.
    mutating func text() -> String {
        String(list(1...20) { Array("abcdefgh-_.0123456789é日🇪🇺 :").randomElement(using: &$0)! })
    }

    mutating func type() -> TaskType {
        let tail = String(list(0...10) { Array("abc-_0").randomElement(using: &$0)! })
        // Proof that this cannot throw: it starts with a letter, and is short.
        return try! TaskType("t" + tail)
    }

    mutating func taskID() -> TaskID { TaskID(Int64.random(in: 1...Int64.max / 2, using: &self)) }

    mutating func proof() -> Proof { Proof(ShortDigest(Data((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &self) }))!) }

    mutating func timestamp() -> Timestamp {
        Timestamp(rawValue: .random(in: 1...WireFormat.maximumTime.rawValue, using: &self))
    }

    mutating func error() -> TaskError { TaskError(TaskError.Code.allCases.randomElement(using: &self)!, text()) }
}

extension Submission {
    static func random(using generator: inout Seeded) -> Submission {
        let form: MessageForm = Bool.random(using: &generator) ? .single : .batch
        return Submission(
            form: form, type: generator.type(), key: generator.text(), client: generator.maybe { $0.text() },
            correlation: generator.maybe { $0.text() },
            tasks: generator.list(form == .single ? 1...1 : 1...20) {
                Task(
                    payload: $0.bytes(), settings: form == .single || Bool.random(using: &$0) ? .random(using: &$0) : TaskSettings()
                )
            }, fingerprint: generator.maybe { Fingerprint($0.bytes(16...16)) } ?? nil
        )
    }
}

extension TaskSettings {
    /// Half of the time with durations, else with absolute times.
    static func random(using generator: inout Seeded) -> TaskSettings {
        var settings = kept(using: &generator)
        if Bool.random(using: &generator) {
            settings.due = generator.maybe { $0.timestamp() }
            settings.expires = generator.maybe { $0.timestamp() }
        } else {
            let longest = Int(WireFormat.maximumDelay.milliseconds)
            settings.delay = generator.maybe { .milliseconds($0.number(1...longest)) }
            settings.expiry = generator.maybe { .milliseconds($0.number(0...longest)) }
        }
        return settings
    }

    /// Those of an accepted task.
    static func accepted(using generator: inout Seeded) -> TaskSettings {
        var settings = kept(using: &generator)
        settings.maxAttempts = generator.number(1...1000)
        return settings
    }

    /// Those that an accepted task keeps.
    static func kept(using generator: inout Seeded) -> TaskSettings {
        TaskSettings(
            maxAttempts: generator.maybe { $0.number(1...Int(Int32.max)) }, backoff: generator.maybe { .random(using: &$0) },
            timeout: generator.maybe { .milliseconds($0.number(1...Int(WireFormat.maximumTimeout.milliseconds))) },
            priority: generator.number(0...9)
        )
    }
}

extension Backoff {
    static func random(using generator: inout Seeded) -> Backoff {
        let growth = Growth.allCases[generator.number(0...2)]
        let base = generator.number(0...100_000_000)
        let ceiling = growth == .constant ? base : base + generator.number(0...100_000_000)
        return Backoff(base: .milliseconds(base), ceiling: .milliseconds(ceiling), growth: growth)
    }
}

extension Work {
    static func random(using generator: inout Seeded) -> Work {
        let form: MessageForm = Bool.random(using: &generator) ? .single : .batch
        return Work(
            form: form, type: generator.type(), store: generator.text(), announce: .random(using: &generator),
            alone: .random(using: &generator),
            items: generator.list(form == .single ? 1...1 : 1...20) {
                Item(
                    id: $0.taskID(), attempt: $0.number(1...Int(Int32.max)), proof: $0.proof(), payload: $0.bytes(),
                    timeout: $0.maybe { .milliseconds($0.number(1...Int(WireFormat.maximumTimeout.milliseconds))) }
                )
            }
        )
    }
}

extension Results {
    static func random(using generator: inout Seeded) -> Results {
        let form: MessageForm = Bool.random(using: &generator) ? .single : .batch
        return Results(
            form: form, type: generator.type(), store: generator.text(), worker: generator.text(),
            items: generator.list(form == .single ? 1...1 : 1...20) {
                let outcome: Outcome =
                    [.succeeded($0.bytes()), .failed($0.error()), .interrupted, .returned, .started].randomElement(using: &$0)!
                return Item(
                    id: $0.taskID(), attempt: $0.number(1...WireFormat.maximumAttempt), proof: $0.maybe { $0.proof() }, outcome: outcome,
                    runTime: .microseconds($0.number(0...Int(WireFormat.maximumRunTime.microseconds)))
                )
            }
        )
    }
}

extension Reply {
    static func random(using generator: inout Seeded) -> Reply {
        func endings(_ range: ClosedRange<Int>) -> [Ending] {
            generator.list(range) {
                Ending(
                    id: $0.taskID(), state: [.succeeded, .failed, .cancelled, .expired].randomElement(using: &$0)!,
                    result: $0.bytes(), error: $0.maybe { $0.error() }, attempt: $0.number(0...Int(Int32.max)),
                    worker: $0.maybe { $0.text() } ?? "", runTime: .microseconds($0.number(0...Int(WireFormat.maximumRunTime.microseconds)))
                )
            }
        }
        let content: Content
        var form = MessageForm.single
        switch generator.number(0...3) {
        case 0: content = .accepted(first: generator.taskID(), count: generator.number(1...WireFormat.maximumRecords))
        case 1: content = .rejected(Rejection(.storeUnavailable, generator.text()))
        case 2: content = .ended(endings(1...1))
        default:
            content = .ended(endings(1...20))
            form = .batch
        }
        return Reply(form: form, type: generator.type(), correlation: generator.maybe { $0.text() }, content: content)
    }
}

extension RegistryMessage {
    static func random(using generator: inout Seeded) -> RegistryMessage {
        func held() -> [Held] {
            generator.list(0...10) { Held(task: $0.taskID(), attempt: $0.number(1...WireFormat.maximumAttempt)) }
        }
        return RegistryMessage(
            worker: generator.text(), host: generator.text(), pid: generator.number(0...1 << 22), version: generator.text(),
            types: generator.list(1...5) { $0.type() }, concurrency: generator.number(1...1000), prefetch: generator.number(0...1000),
            batch: .random(using: &generator), started: generator.timestamp(), interval: generator.number(10...60_000),
            progress: generator.number(0...1 << 53), running: held(), waiting: held(), done: generator.number(0...1 << 53),
            failed: generator.number(0...1 << 53), draining: .random(using: &generator),
            quiet: .random(using: &generator)
        )
    }
}

extension TaskCounts {
    static func random(using generator: inout Seeded) -> TaskCounts {
        var counts = TaskCounts()
        counts.submitted = generator.number(0...1 << 53)
        for state in TaskState.allCases { counts[state] = generator.number(0...1 << 53) }
        return counts
    }
}

extension TypeEvent {
    static func random(using generator: inout Seeded) -> TypeEvent {
        func latencies() -> [LatencyCount] {
            generator.list(0...5) { LatencyCount(microseconds: UInt64($0.number(0...1 << 53)), count: UInt64($0.number(0...1 << 53))) }
        }
        return TypeEvent(
            type: generator.type(), store: generator.text(), at: generator.timestamp(), states: .random(using: &generator),
            workers: generator.list(0...3) { WorkerTally(worker: $0.text(), succeeded: $0.number(0...9), failed: $0.number(0...9)) },
            runTimes: latencies(), totalTimes: latencies(), waitTimes: latencies(),
            oldest: generator.maybe { OldestTask(id: $0.taskID(), since: $0.timestamp()) }, retried: generator.number(0...1000),
            paused: generator.number(0...1) == 1,
            held: generator.number(0...1) == 1 ? [generator.text()] : []
        )
    }
}

extension TaskRecord {
    static func random(using generator: inout Seeded) -> TaskRecord {
        TaskRecord(
            id: generator.taskID(), type: generator.type(), payload: generator.bytes(), result: generator.maybe { $0.bytes() },
            status: TaskState.allCases.randomElement(using: &generator)!, created: generator.timestamp(),
            completed: generator.maybe { $0.timestamp() }, attempt: generator.number(0...1000), settings: .accepted(using: &generator),
            error: generator.maybe { $0.error() }, worker: generator.maybe { $0.text() },
            due: generator.maybe { $0.timestamp() }, key: generator.text(), expires: generator.maybe { $0.timestamp() },
            runTime: generator.maybe { .microseconds($0.number(0...1_000_000)) }, attempts: generator.list(0...3) { .random(using: &$0) },
            held: generator.list(0...2) { $0.text() },
            payloadSize: generator.maybe { $0.number(0...1 << 53) }, resultSize: generator.maybe { $0.number(0...1 << 53) }
        )
    }
}

extension Attempt {
    static func random(using generator: inout Seeded) -> Attempt {
        Attempt(
            number: generator.number(1...1000), worker: generator.maybe { $0.text() }, started: generator.maybe { $0.timestamp() },
            ended: generator.maybe { $0.timestamp() }, runTime: generator.maybe { .microseconds($0.number(0...1_000_000)) },
            outcome: Outcome.allCases[generator.number(0...Outcome.allCases.count - 1)], error: generator.maybe { $0.error() }
        )
    }
}
