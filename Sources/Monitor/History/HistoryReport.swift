import TaskGridCore

/// What `/history` answers.
struct HistoryReport: Encodable, Sendable {
    /// One step.
    struct Point: Encodable, Sendable {
        var at: Timestamp
        /// nil where the monitor did not run.
        var rollup: Rollup?

        private enum CodingKeys: String, CodingKey {
            case at, gap, submitted, succeeded, failed, cancelled, expired, waiting, running, workers
            case p50 = "p50_ms"
            case p95 = "p95_ms"
            case covered = "covered_seconds"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(at.description, forKey: .at)
            try container.encode(rollup == nil, forKey: .gap)
            guard let rollup else { return }
            try container.encode(min(rollup.covered, 1 << 32) * HistoryStep.tenSeconds.seconds, forKey: .covered)
            try container.encode(rollup.happened.submitted, forKey: .submitted)
            try container.encode(rollup.happened.succeeded, forKey: .succeeded)
            try container.encode(rollup.happened.failed, forKey: .failed)
            try container.encode(rollup.happened.cancelled, forKey: .cancelled)
            try container.encode(rollup.happened.expired, forKey: .expired)
            try container.encode(rollup.waiting, forKey: .waiting)
            try container.encode(rollup.running, forKey: .running)
            try container.encode(rollup.workers, forKey: .workers)
            for (key, percent) in [(CodingKeys.p50, 50.0), (.p95, 95)] {
                try container.encode(Nullable(wrappedValue: rollup.times.percentile(percent).map { ($0 / 1000).rounded3 }), forKey: key)
            }
        }
    }

    @Nullable var type: TaskType?
    var window: String
    var step: Int
    /// The oldest first.
    var points: [Point]

    enum CodingKeys: String, CodingKey {
        case type, window, points
        case step = "step_seconds"
    }

    init(type: TaskType?, window: HistoryWindow, points: [Point]) {
        _type = Nullable(wrappedValue: type)
        self.window = window.rawValue
        step = window.step.seconds
        self.points = points
    }
}
