package import TaskGridCore

/// The report of a chaos run.
package struct ChaosReport: Sendable, Codable {
    /// The figures of one kind of fault.
    package struct FaultRow: Sendable, Codable, Hashable {
        package let fault: Fault
        package let injected: Int
        /// Planned, and not possible at its time: a process to be killed did not run, for instance.
        package let skipped: Int
        /// The longest time from such a fault to the next moment at which a task submitted after it has ended, in
        /// milliseconds; nil where that never came.
        package let longestRecovery: Double?
        /// After which no task has ended any more.
        package let withoutRecovery: Int

        enum CodingKeys: String, CodingKey {
            case fault, injected, skipped
            case longestRecovery = "longest_recovery_ms"
            case withoutRecovery = "without_recovery"
        }
    }

    package let seed: UInt64
    /// Of the whole run, in seconds.
    package let seconds: Double
    package let submitted: Int
    package let accepted: Int
    package let refused: [ChaosLedger.RefusedSubmission]
    /// Numbers whose submission nobody has answered.
    package let unanswered: [Int]
    package let succeeded: Int
    package let failed: Int
    /// Ended as failed because faults killed their worker three times.
    package let failedAsPoison: Int
    package let cancelled: Int
    package let expired: Int
    /// Accepted, and not ended.
    package let lost: [TaskID]
    /// Seen to end in two ways, by the client, on the wire or in the store.
    package let endedTwice: [TaskID]
    /// Ids that were given to two submissions, and submissions that got two.
    package let acceptedTwice: [TaskID]
    /// Tasks whose execution has begun more than once, which is allowed.
    package let executedMoreThanOnce: Int
    package let mostExecutions: Int
    /// Succeeded with something else than their answer, or without having run.
    package let wrong: [TaskID]
    /// The dispatcher's own counters; nil where it did not answer in the end.
    package let counters: TaskCounts?
    package let faults: [FaultRow]

    enum CodingKeys: String, CodingKey {
        case seed, seconds, submitted, accepted, refused, unanswered, succeeded, failed, cancelled, expired, lost, counters, faults
        case failedAsPoison = "failed_as_poison"
        case endedTwice = "ended_twice"
        case acceptedTwice = "accepted_twice"
        case executedMoreThanOnce = "executed_more_than_once"
        case mostExecutions = "most_executions"
        case wrong = "wrong_results"
    }

    init(
        seed: UInt64, took duration: Duration, _ ledger: ChaosLedger, _ recoveries: Recoveries, skipped: [Fault: Int],
        executions: [Int: Int], answer: (Int) -> NumberedTask, counters: TaskCounts?
    ) {
        self.seed = seed
        self.counters = counters
        seconds = (duration / .milliseconds(1)).rounded() / 1000
        submitted = ledger.submitted
        accepted = ledger.accepted
        refused = ledger.refusals
        unanswered = ledger.unanswered
        succeeded = ledger.ended(.succeeded)
        failed = ledger.ended(.failed)
        failedAsPoison = ledger.poisoned
        cancelled = ledger.ended(.cancelled)
        expired = ledger.ended(.expired)
        lost = ledger.lost
        endedTwice = ledger.endedTwice.sorted()
        acceptedTwice = ledger.acceptedTwice.sorted()
        executedMoreThanOnce = executions.values.count { $0 > 1 }
        mostExecutions = executions.values.max() ?? 0
        wrong = ledger.wrong(answer: { answer($0).answer }, executions: executions)
        faults = Fault.allCases.compactMap { fault in
            let row = recoveries.rows.first { $0.fault == fault }
            guard row != nil || skipped[fault] != nil else { return nil }
            return FaultRow(
                fault: fault, injected: row?.injected ?? 0, skipped: skipped[fault] ?? 0,
                longestRecovery: row?.longest.map { ($0 / .milliseconds(1)).rounded() }, withoutRecovery: row?.open ?? 0
            )
        }
    }

    package var ended: Int { accepted - lost.count }

    /// The broken promises, a line each; empty if all promises were kept.
    package var violations: [String] {
        var lines: [String] = []
        func note(_ count: Int, _ what: String) { if count > 0 { lines.append("\(count) \(what)") } }
        note(lost.count, "tasks were accepted and have not ended")
        note(endedTwice.count, "tasks ended twice")
        note(acceptedTwice.count, "submissions were accepted twice")
        note(wrong.count, "tasks have a wrong result")
        note(unanswered.count, "submissions were never answered")
        guard let counters else { return lines + ["the dispatcher did not answer in the end"] }
        if !counters.balances {
            lines.append("the dispatcher's counters do not balance: \(counters.submitted) submitted, \(counters.sum) in all states")
        }
        // Submissions without an answer may have been accepted all the same.
        if !(accepted...(accepted + unanswered.count)).contains(counters.submitted) {
            lines.append("the dispatcher's counters have \(counters.submitted) tasks, accepted were \(accepted)")
        }
        let closed = TaskState.allCases.filter(\.isTerminal).reduce(0) { $0 + counters[$1] }
        if !(ended...(ended + unanswered.count)).contains(closed) {
            lines.append("the dispatcher's counters have \(closed) ended tasks, ended are \(ended)")
        }
        return lines
    }
}
