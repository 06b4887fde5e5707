/// The tasks of one type by state, and what happened since the last such event. The dispatcher publishes it to the events
/// exchange, as JSON, each second in which something changed and at least every five seconds.
package struct TypeEvent: Hashable, Sendable, Codable {
    package var type: TaskType
    /// The identity of the store.
    package var store: String
    package var at: Timestamp
    /// Tasks in each state now; the terminal ones since the store was made, pruned ones included.
    package var states: TaskCounts
    /// The tasks that each worker ended since the last event of this type.
    package var workers: [WorkerTally]
    /// How long successful and failed attempts ran: microseconds and how many, since the last event of this type.
    package var runTimes: [LatencyCount]
    /// From acceptance to the end: microseconds and how many, since the last event of this type.
    package var totalTimes: [LatencyCount]
    /// How long tasks waited until they ran, from their acceptance or due time: microseconds and how many, since the last event of this
    /// type. Attempts of tasks that were put back to run at once are not among them.
    package var waitTimes: [LatencyCount]
    /// The task that waits longest now; nil: none does, or it is not known.
    package var oldest: OldestTask?
    /// Attempts that were tried again, since the last event of this type.
    package var retried: Int
    /// Results that were refused since the last event of this type: of attempts that were never handed out, without the proof of their work,
    /// or of users that may not serve the type.
    package var refused: Int
    /// Whether the circuit breaker of the type lets its tasks through.
    package var breaker: BreakerState
    /// Whether nothing of the type is handed out because somebody has paused it.
    package var paused: Bool
    /// When the pause ends by itself; nil: it does not, or there is none.
    package var pausedUntil: Timestamp?
    /// Why no more of the tasks that wait are handed out now, for people: one sentence for each reason. Empty if some may be, or none wait.
    package var held: [String]
    /// Whether the type is known no more: nobody used it. Its `states` are added to the counters of the forgotten types.
    package var isForgotten: Bool

    enum CodingKeys: String, CodingKey {
        case type, store, at, states, workers, retried, refused, breaker, paused, held, oldest
        case isForgotten = "forgotten"
        case pausedUntil = "paused_until"
        case runTimes = "run_us"
        case totalTimes = "total_us"
        case waitTimes = "wait_us"
    }

    package init(
        type: TaskType, store: String, at: Timestamp, states: TaskCounts, workers: [WorkerTally] = [],
        runTimes: [LatencyCount] = [], totalTimes: [LatencyCount] = [], waitTimes: [LatencyCount] = [], oldest: OldestTask? = nil,
        retried: Int = 0, refused: Int = 0,
        breaker: BreakerState = .closed, paused: Bool = false, pausedUntil: Timestamp? = nil, held: [String] = [], isForgotten: Bool = false
    ) {
        self.type = type
        self.store = store
        self.at = at
        self.states = states
        self.workers = workers
        self.runTimes = runTimes
        self.totalTimes = totalTimes
        self.waitTimes = waitTimes
        self.oldest = oldest
        self.retried = retried
        self.refused = refused
        self.breaker = breaker
        self.paused = paused
        self.pausedUntil = pausedUntil
        self.held = held
        self.isForgotten = isForgotten
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            type: try container.decode(TaskType.self, forKey: .type),
            store: try container.decode(String.self, forKey: .store),
            at: try container.decode(Timestamp.self, forKey: .at),
            states: try container.decode(TaskCounts.self, forKey: .states),
            workers: try container.decode([WorkerTally].self, forKey: .workers),
            runTimes: try container.decode([LatencyCount].self, forKey: .runTimes),
            totalTimes: try container.decode([LatencyCount].self, forKey: .totalTimes),
            waitTimes: try container.decodeIfPresent([LatencyCount].self, forKey: .waitTimes) ?? [],
            oldest: try container.decodeIfPresent(OldestTask.self, forKey: .oldest),
            retried: try container.count(forKey: .retried),
            refused: try container.countIfPresent(forKey: .refused),
            breaker: try container.decodeIfPresent(BreakerState.self, forKey: .breaker) ?? .closed,
            paused: try container.decodeIfPresent(Bool.self, forKey: .paused) ?? false,
            pausedUntil: try container.decodeIfPresent(Timestamp.self, forKey: .pausedUntil),
            held: try container.decodeIfPresent([String].self, forKey: .held) ?? [],
            isForgotten: try container.decodeIfPresent(Bool.self, forKey: .isForgotten) ?? false
        )
    }
}

/// How many tasks of a type one worker ended within an interval.
package struct WorkerTally: Hashable, Sendable, Codable {
    package var worker: String
    package var succeeded: Int
    package var failed: Int
    package var runTimes: [LatencyCount]

    enum CodingKeys: String, CodingKey {
        case worker, succeeded, failed
        case runTimes = "run_us"
    }

    package init(worker: String, succeeded: Int = 0, failed: Int = 0, runTimes: [LatencyCount] = []) {
        self.worker = worker
        self.succeeded = succeeded
        self.failed = failed
        self.runTimes = runTimes
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            worker: try container.decode(String.self, forKey: .worker),
            succeeded: try container.count(forKey: .succeeded),
            failed: try container.count(forKey: .failed),
            runTimes: try container.decode([LatencyCount].self, forKey: .runTimes)
        )
    }
}

/// One bucket of a histogram; in JSON an array of the two numbers.
package struct LatencyCount: Hashable, Sendable, Codable {
    /// The bucket's highest value.
    package var microseconds: UInt64
    package var count: UInt64

    package init(microseconds: UInt64, count: UInt64) {
        self.microseconds = microseconds
        self.count = count
    }

    package init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        microseconds = try container.decode(UInt64.self)
        count = try container.decode(UInt64.self)
        let limit = UInt64(Int.countRange.upperBound)
        guard microseconds <= limit, count <= limit else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "[\(microseconds), \(count)] is beyond 2^53")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(microseconds)
        try container.encode(count)
    }
}
