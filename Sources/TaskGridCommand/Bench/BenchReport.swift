import Foundation
import TaskGridCore

/// The benchmark's report: as tables for people, as JSON for programs.
struct BenchReport {
    var type: String
    var size: Int
    var submitters: Int
    var bulk: Measurement?
    var concurrent: Measurement?
    var lone: Measurement?
    var raw: Measurement?

    var wrong: Int { [bulk, concurrent, lone].compactMap { $0?.wrong }.reduce(0, +) }

    private var runs: [(name: String, measurement: Measurement)] {
        [("bulk", bulk), ("\(submitters) submitters", concurrent), ("one by one", lone), ("raw broker", raw)].compactMap { name, run in
            run.map { (name, $0) }
        }
    }

    // MARK: For people

    func lines(width: Int?) -> [String] {
        var speed = Table(
            headings: ["RUN", "TASKS", "TASKS/S", "P50 MS", "P90 MS", "P99 MS", "P99.9 MS", "WRONG"], numeric: Set(1...7), lesser: [6, 4]
        )
        for (name, run) in runs {
            speed.rows.append(
                [name, Terminal.grouped(run.tasks), Terminal.grouped(Int(run.tasksPerSecond.rounded()))]
                    + [50, 90, 99, 99.9].map { run.percentile($0).map { String(format: "%.2f", $0) } ?? "–" }
                    + ["\(run.wrong)"]
            )
        }
        var lines = speed.lines(width: width)
        if let raw, let bulk, raw.tasksPerSecond > 0 {
            lines += ["", String(format: "bulk: %.1f times the raw broker, a message a task", bulk.tasksPerSecond / raw.tasksPerSecond)]
        }
        return lines + [""] + usage.lines(width: width)
    }

    /// Processor time in percent of a core, and memory.
    private var usage: Table {
        let measured = runs.filter { !$0.measurement.usage.isEmpty }
        var table = Table(
            headings: ["PROCESS"] + measured.map { "\($0.name.uppercased()) CPU" } + ["PEAK MB"], numeric: Set(1...(measured.count + 1)),
            lesser: measured.indices.map { $0 + 1 }.reversed()
        )
        for process in measured.last?.measurement.usage ?? [] {
            let shares = measured.map { _, run -> String in
                guard let usage = run.usage.first(where: { $0.pid == process.pid }), run.seconds > 0 else { return "–" }
                return String(format: "%.0f %%", usage.cpu / run.seconds * 100)
            }
            table.rows.append([process.name] + shares + ["\(process.peak >> 20)"])
        }
        return table
    }
}

// MARK: For programs

extension BenchReport: Encodable {
    /// An object of the runs by name, with line breaks.
    var json: Data { JSON.encode(self, pretty: true) }

    private enum CodingKeys: CodingKey {
        case type, size, bulk, concurrent, lone, raw
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(type, forKey: .type)
        try container.encode(size, forKey: .size)
        try container.encodeIfPresent(bulk.map { Run($0) }, forKey: .bulk)
        try container.encodeIfPresent(concurrent.map { Run($0, submitters: submitters) }, forKey: .concurrent)
        try container.encodeIfPresent(lone.map { Run($0) }, forKey: .lone)
        try container.encodeIfPresent(raw.map { Run($0) }, forKey: .raw)
    }

    /// One run: times in milliseconds, processor time in seconds, memory in bytes.
    private struct Run: Encodable {
        let tasks: Int
        let seconds: Double
        let tasksPerSecond: Double
        let wrong: Int
        let p50: Double?
        let p90: Double?
        let p99: Double?
        let p999: Double?
        let submitters: Int?
        let processes: [Process]

        enum CodingKeys: String, CodingKey {
            case tasks, seconds, wrong, submitters, processes
            case tasksPerSecond = "tasks_per_second"
            case p50 = "p50_ms"
            case p90 = "p90_ms"
            case p99 = "p99_ms"
            case p999 = "p999_ms"
        }

        init(_ run: Measurement, submitters: Int? = nil) {
            tasks = run.tasks
            seconds = run.seconds
            tasksPerSecond = run.tasksPerSecond
            wrong = run.wrong
            p50 = run.percentile(50)
            p90 = run.percentile(90)
            p99 = run.percentile(99)
            p999 = run.percentile(99.9)
            self.submitters = submitters
            processes = run.usage.map { Process(name: $0.name, pid: $0.pid, cpu: $0.cpu, peak: $0.peak) }
        }
    }

    private struct Process: Encodable {
        let name: String
        let pid: Int32
        let cpu: Double
        let peak: Int

        enum CodingKeys: String, CodingKey {
            case name, pid
            case cpu = "cpu_seconds"
            case peak = "peak_bytes"
        }
    }
}
