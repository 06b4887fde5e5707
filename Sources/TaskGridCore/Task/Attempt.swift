/// One attempt of a task and its outcome: a line of its history.
///
/// In JSON the times are milliseconds since 1970, `run_us` microseconds, `error` a code, a colon and a text.
public struct Attempt: Hashable, Sendable {
    public enum Outcome: String, Sendable, Codable, CaseIterable {
        /// A worker runs it now.
        case running
        case succeeded
        /// The worker could not do it.
        case failed
        /// It ran longer than the task allows.
        case timedOut = "timed_out"
        /// Its worker, or the worker's connection, went away under it.
        case interrupted
        /// Its delivery was nowhere.
        case lost
        /// Somebody cancelled the task while it ran.
        case cancelled
    }

    /// The number of the hand-out, from 1. A hand-out that was given back before it began has a number too, and is no attempt.
    public var number: Int
    /// The worker that ran it, if known.
    public var worker: String?
    /// When it began, where that is known.
    public var started: Timestamp?
    /// When the dispatcher learnt of its end; nil while it runs.
    public var ended: Timestamp?
    /// How long it ran, where that is known.
    public var runTime: Duration?
    public var outcome: Outcome
    /// Why it did not succeed.
    public var error: TaskError?

    public init(
        number: Int, worker: String? = nil, started: Timestamp? = nil, ended: Timestamp? = nil, runTime: Duration? = nil,
        outcome: Outcome, error: TaskError? = nil
    ) {
        self.number = number
        self.worker = worker
        self.started = started
        self.ended = ended
        self.runTime = runTime
        self.outcome = outcome
        self.error = error
    }

    /// One that ended: it began `runTime` before.
    package static func ended(
        _ number: Int, _ outcome: Outcome, at time: Timestamp, after runTime: Duration?, worker: String?, error: TaskError? = nil
    ) -> Attempt {
        Attempt(
            number: number, worker: worker.flatMap { $0.isEmpty ? nil : $0 },
            started: runTime.map { max(Timestamp(rawValue: 0), time - $0) }, ended: time, runTime: runTime, outcome: outcome, error: error
        )
    }
}

extension Attempt: Codable {
    enum CodingKeys: String, CodingKey {
        case number, worker, started, ended, outcome, error
        case runTime = "run_us"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            number: try container.decode(Int.self, forKey: .number),
            worker: try container.decodeIfPresent(String.self, forKey: .worker),
            started: try container.decodeIfPresent(Timestamp.self, forKey: .started),
            ended: try container.decodeIfPresent(Timestamp.self, forKey: .ended),
            runTime: try container.decodeIfPresent(Int64.self, forKey: .runTime).map(Duration.microseconds),
            outcome: try container.decode(Outcome.self, forKey: .outcome),
            error: try container.decodeIfPresent(String.self, forKey: .error).map(TaskError.init(description:))
        )
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(number, forKey: .number)
        try container.encodeIfPresent(worker, forKey: .worker)
        try container.encodeIfPresent(started, forKey: .started)
        try container.encodeIfPresent(ended, forKey: .ended)
        try container.encodeIfPresent(runTime?.microseconds, forKey: .runTime)
        try container.encode(outcome, forKey: .outcome)
        try container.encodeIfPresent(error?.description, forKey: .error)
    }
}
