import HTTPTypes
import TaskGridCore
import WebSupport

extension Route {
    static func scale(_ grid: GridState) -> Route {
        .get(
            "/scale", id: "scale", summary: "How many workers each type wants.",
            parameters: [RouteParameter.type, RouteParameter.drainTarget]
        ) { call in
            let target = Duration.seconds(try call.value(of: .drainTarget))
            var report = ScalesReport(grid.statistics, target: target, at: grid.now())
            if let type = try call.value(of: .type) { report.types = report.types.filter { $0.key == type } }
            return report
        }
    }

    static func scaleOfType(_ grid: GridState) -> Route {
        .get(
            "/scale/{type}", id: "scaleOfType", summary: "How many workers a type wants, such as for KEDA.",
            parameters: [RouteParameter.knownType, RouteParameter.drainTarget], problems: [404: "The type is not known."]
        ) { call in
            let name = try call.value(of: .knownType)
            let report = ScalesReport(grid.statistics, target: .seconds(try call.value(of: .drainTarget)), at: grid.now())
            guard let type = try? TaskType(name), let scale = report.types[type] else {
                throw Problem(status: .notFound, detail: "there is no type '\(name.prefix(TaskType.maximumLength))'; /types has all")
            }
            return scale
        }
    }
}

extension RouteParameter where Value == Int {
    fileprivate static let drainTarget = integer(
        "drain_seconds", summary: "Within how long what waits is to end.", in: 1...86_400, default: 60
    )
}

extension RouteParameter where Value == String {
    /// A text that is no type's name is no known type.
    fileprivate static let knownType = RouteParameter(
        "type", in: .path, summary: "The type.", schema: .taskType, example: "sum"
    ) { $0 ?? "" }
}

/// How many workers a type wants: a hint for whatever starts and stops them.
///
/// | field | what |
/// |---|---|
/// | `waiting` | tasks that could run now and do not: `pending` and `queued`, and `running` where no worker lives; a paused type has none |
/// | `rate_per_second` | tasks that ended, over the last minute |
/// | `seconds_to_drain` | until none waits at that rate; null where none ends, and 0 where none waits |
/// | `workers` | workers that hold a lease |
/// | `workers_wanted` | so many keep up with what was submitted in the last minute and end what waits within the target |
///
/// The rate of one worker is its concurrency by how long an attempt runs, over the last five minutes. If all workers are full, it is
/// their share of the last minute's work. If nothing was measured, one worker is wanted as long as tasks wait or arrive.
/// Never more are wanted than there are tasks and arrived in the last minute.
struct ScaleReport: WebReport, Hashable {
    static let schema = JSONSchema.object([
        "waiting": .count, "rate_per_second": .number.atLeast(0),
        "seconds_to_drain": .number.atLeast(0).nullable.described("Null where tasks wait and none ends."), "workers": .count,
        "workers_wanted": .count,
    ]).named("Scale")

    var waiting: Int
    var rate: Double
    @Nullable var secondsToDrain: Double?
    var workers: Int
    var wanted: Int

    enum CodingKeys: String, CodingKey {
        case waiting, workers
        case rate = "rate_per_second"
        case secondsToDrain = "seconds_to_drain"
        case wanted = "workers_wanted"
    }

    /// How much of their slots counts as full.
    private static let full = 0.9

    /// `target`: how long the tasks that wait may take to end.
    init(_ work: TypeStatistics, workers: [WorkerStatistics], target: Duration, over window: Duration, at now: Timestamp) {
        // A task that is counted as running waits where no worker lives: its worker is gone.
        let stranded = workers.isEmpty ? work.states.running : 0
        waiting = work.isPaused ? 0 : work.states.due.saturatingAdding(stranded)
        let rate = work.throughput.ended(at: now) / window.seconds
        self.rate = rate.rounded3
        self.workers = workers.count
        if waiting == 0 { secondsToDrain = 0 } else { secondsToDrain = rate > 0 ? (Double(waiting) / rate).rounded3 : nil }

        let tasks = waiting.saturatingAdding(work.states.running - stranded)
        let slots = workers.reduce(0) { $0 + $1.worker.concurrency }
        let busy = workers.reduce(0) { $0 + $1.runningTasks }
        let mean = work.runTimes.recent(at: now).map { max(1, $0.average) / 1_000_000 }
        let perWorker: Double? =
            if slots > 0, rate > 0, Double(busy) >= Self.full * Double(slots) {
                rate / Double(workers.count)
            } else {
                mean.map { (workers.isEmpty ? 1 : Double(slots) / Double(workers.count)) / $0 }
            }
        let arrived = work.isPaused ? 0 : work.arrivals.ended(at: now)
        let arriving = arrived / window.seconds
        let needed = arriving + Double(waiting) / max(1, target.seconds)
        let keepingUp = perWorker.map { Int(saturating: (needed / max($0, 1e-6)).rounded(.up).clamped(to: 0...1e9)) } ?? 0
        // If the workers keep up, the tasks that arrived are gone already, and as many will come again.
        let most = tasks.saturatingAdding(Int(saturating: arrived.rounded(.up)))
        wanted = min(most, max(keepingUp, 1))
    }
}

/// The answer of `/scale`.
struct ScalesReport: WebReport {
    static let schema = JSONSchema.object(["types": .map(of: ScaleReport.schema)]).named("Scales")

    var types: [TaskType: ScaleReport]

    init(_ statistics: Statistics, target: Duration, at now: Timestamp) {
        let window = min(Throughput.window, max(.seconds(1), now - statistics.since))
        var workers: [TaskType: [WorkerStatistics]] = [:]
        for worker in statistics.workers.values where worker.isActive(at: now) && worker.worker.takesTasks {
            for type in Set(worker.worker.types) { workers[type, default: []].append(worker) }
        }
        types = [:]
        for type in Set(statistics.types.keys).union(workers.keys) {
            types[type] = ScaleReport(
                statistics.types[type] ?? TypeStatistics(), workers: workers[type] ?? [], target: target, over: window, at: now
            )
        }
    }
}

extension Double {
    func clamped(to range: ClosedRange<Double>) -> Double { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
