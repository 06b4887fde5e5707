import Foundation

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

    // MARK: For programs

    /// An object of the runs by name; times in milliseconds, processor time in seconds, memory in bytes.
    var json: Data {
        var object: [String: Any] = ["type": type, "size": size]
        for (name, run) in [("bulk", bulk), ("concurrent", concurrent), ("lone", lone), ("raw", raw)] {
            guard let run else { continue }
            var members: [String: Any] = [
                "tasks": run.tasks, "seconds": run.seconds, "tasks_per_second": run.tasksPerSecond, "wrong": run.wrong,
            ]
            for (key, percentile) in [("p50_ms", 50.0), ("p90_ms", 90), ("p99_ms", 99), ("p999_ms", 99.9)] {
                if let value = run.percentile(percentile) { members[key] = value }
            }
            if name == "concurrent" { members["submitters"] = submitters }
            members["processes"] = run.usage.map {
                ["name": $0.name, "pid": Int($0.pid), "cpu_seconds": $0.cpu, "peak_bytes": $0.peak] as [String: Any]
            }
            object[name] = members
        }
        // Proof that this cannot throw: strings, numbers, arrays and dictionaries of these, and no number is infinite.
        return try! JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted])
    }
}
