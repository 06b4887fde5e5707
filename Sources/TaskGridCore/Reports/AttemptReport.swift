/// One attempt of a task in a report.
package struct AttemptReport: Encodable, Hashable, Sendable {
    package var number: Int
    @Nullable package var worker: String?
    @Nullable package var started: String?
    @Nullable package var ended: String?
    @Nullable package var runTime: Double?
    package var outcome: Attempt.Outcome
    @Nullable package var error: String?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case number, worker, started, ended, outcome, error
        case runTime = "run_ms"
    }

    package init(_ attempt: Attempt) {
        number = attempt.number
        worker = attempt.worker
        started = attempt.started?.description
        ended = attempt.ended?.description
        runTime = attempt.runTime?.shownMilliseconds
        outcome = attempt.outcome
        error = attempt.error?.description
    }
}

extension Duration {
    /// Milliseconds with three digits of their fraction.
    var shownMilliseconds: Double { Double(microseconds) / 1000 }
}
