import TaskGridCore
import WebSupport

/// A set of measured times, in milliseconds; all but `count` are null where nothing was measured.
struct LatencyReport: Encodable {
    static let schema = JSONSchema.object([
        "count": .count, "average_ms": .milliseconds, "p50_ms": .milliseconds, "p95_ms": .milliseconds, "p99_ms": .milliseconds,
        "max_ms": .milliseconds,
    ]).named("Latency")

    var count: UInt64
    @Nullable var average: Double?
    @Nullable var p50: Double?
    @Nullable var p95: Double?
    @Nullable var p99: Double?
    @Nullable var maximum: Double?

    enum CodingKeys: String, CodingKey {
        case count
        case average = "average_ms"
        case p50 = "p50_ms"
        case p95 = "p95_ms"
        case p99 = "p99_ms"
        case maximum = "max_ms"
    }

    init(_ summary: LatencySummary?) {
        count = summary?.count ?? 0
        average = summary.map { ($0.average / 1000).rounded3 }
        p50 = summary?.p50.milliseconds
        p95 = summary?.p95.milliseconds
        p99 = summary?.p99.milliseconds
        maximum = summary?.maximum.milliseconds
    }
}

/// The same times over two windows.
struct LatencyWindows: Encodable {
    static let schema = JSONSchema.object(["last_5_minutes": LatencyReport.schema, "since_start": LatencyReport.schema])
        .named("LatencyWindows")

    /// The last five minutes (290 to 300 seconds).
    var recent: LatencyReport
    /// All since the monitor began.
    var sinceStart: LatencyReport

    enum CodingKeys: String, CodingKey {
        case recent = "last_5_minutes"
        case sinceStart = "since_start"
    }

    init(_ latencies: Latencies, at now: Timestamp) {
        recent = LatencyReport(latencies.recent(at: now))
        sinceStart = LatencyReport(latencies.sinceStart)
    }
}
