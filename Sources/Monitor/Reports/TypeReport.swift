import TaskGridCore
import WebSupport

/// The work of one type: the fields of ``WorkReport``, and how long its tasks took. Such times are not put together over types,
/// which have nothing in common there.
///
/// | field | what | window |
/// |---|---|---|
/// | `average_processing_time_ms`, `p50_ms`, `p95_ms`, `p99_ms` | how long attempts ran; null where none did | the last five minutes |
/// | `run_times` | how long attempts ran | each window has its name |
/// | `total_times` | from a task's acceptance to its end; a task that was retried on request counts again, with the time for which it lay ended | each window has its name |
struct TypeReport: Encodable, Sendable {
    private static let fields: [String: JSONSchema] = [
        "average_processing_time_ms": .milliseconds, "p50_ms": .milliseconds, "p95_ms": .milliseconds, "p99_ms": .milliseconds,
        "run_times": LatencyWindows.schema, "total_times": LatencyWindows.schema,
    ]
    static let schema = schema(named: "Type")

    /// The schema with further fields.
    static func schema(named name: String, with others: [String: JSONSchema] = [:]) -> JSONSchema {
        WorkReport.schema.extended(with: fields.merging(others) { $1 }).named(name)
    }

    let work: WorkReport
    let runTimes: LatencyWindows
    let totalTimes: LatencyWindows

    private enum CodingKeys: String, CodingKey {
        case average = "average_processing_time_ms"
        case p50 = "p50_ms"
        case p95 = "p95_ms"
        case p99 = "p99_ms"
        case runTimes = "run_times"
        case totalTimes = "total_times"
    }

    init(_ statistics: TypeStatistics, of type: TaskType, activeWorkers: Int?, uptime: Duration, at now: Timestamp) {
        work = WorkReport(statistics, of: type, activeWorkers: activeWorkers, uptime: uptime, at: now)
        runTimes = LatencyWindows(statistics.runTimes, at: now)
        totalTimes = LatencyWindows(statistics.totalTimes, at: now)
    }

    func encode(to encoder: any Encoder) throws {
        try work.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(runTimes.recent.average, forKey: .average)
        try container.encode(runTimes.recent.p50, forKey: .p50)
        try container.encode(runTimes.recent.p95, forKey: .p95)
        try container.encode(runTimes.recent.p99, forKey: .p99)
        try container.encode(runTimes, forKey: .runTimes)
        try container.encode(totalTimes, forKey: .totalTimes)
    }
}
