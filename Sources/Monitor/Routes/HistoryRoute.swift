import TaskGridCore
import WebSupport

extension Route {
    static func history(_ history: GridHistory, _ grid: GridState) -> Route {
        let window = RouteParameter.choice(
            "window", summary: "How far back.", schema: .choice(HistoryWindow.self).defaulting(to: HistoryWindow.hour.rawValue),
            of: HistoryWindow.allCases.map { ($0.rawValue, $0) }
        )
        let until = RouteParameter.moment("until", summary: "It ends before that time, not now.", now: grid.now)
        return .get(
            "/history", id: "history", summary: "The counts of each step of a window, of all types or of one.",
            parameters: [RouteParameter.type, window, until]
        ) { call in
            try await history.report(
                try call.value(of: .type), try call.value(of: window) ?? .hour, until: try call.value(of: until)
            )
        }
    }
}

/// The answer of `/history`.
struct HistoryReport: WebReport {
    /// One step.
    struct Point: Encodable, Sendable {
        var at: Timestamp
        /// nil where the monitor did not run.
        var rollup: Rollup?

        fileprivate static let schema = JSONSchema.object(
            ["at": .time, "gap": .boolean],
            optional: [
                "covered_seconds": .count.described("For how much of it a monitor ran."), "submitted": .count, "succeeded": .count,
                "failed": .count, "cancelled": .count, "expired": .count, "waiting": .count, "running": .count, "workers": .count,
                "p50_ms": .milliseconds, "p95_ms": .milliseconds,
            ]
        ).described("A step; where no monitor ran, `gap` is true and there is nothing else but `at`.").named("Point")

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

    static let schema = JSONSchema.object([
        "type": .taskType.nullable, "window": .string, "step_seconds": .integer.atLeast(1),
        "points": .array(of: Point.schema).described("The oldest first."),
    ]).named("History")

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
