import ArgumentParser
import LocalGrid
import Logging
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore

/// Measures the grid that runs.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast the grid is, and check every result.",
        usage: "taskgrid bench [<options>]",
        discussion: """
            Three runs, each over a task's whole way: submitted, durably accepted, run, its
            result durably kept and received.
              bulk        many tasks submitted at once: tasks per second
              concurrent  submitters that each await their own task: tasks per second
              lone        one task after the other: how long each takes
            With --compare raw a fourth run sends as many messages over the same four hops
            of the same broker without the grid, as a baseline for machines whose speed
            varies.

              taskgrid bench
              taskgrid bench --runs bulk --count 1000000
              taskgrid bench --type hash --size 100000 --compare raw --json

            It needs workers of the type. It prints the processor time and memory of a grid
            on this machine ('taskgrid up'), its broker included. The exit code is 1 if a
            result was wrong.
            """
    )

    /// The runs to choose from.
    enum Run: String, CaseIterable {
        case bulk, concurrent, lone
    }

    enum Comparison: String, ExpressibleByArgument, CaseIterable {
        case raw
    }

    @Option(
        help: "The type of the tasks: \(BenchLoad.types.joined(separator: ", ")).", completion: .list(BenchLoad.types),
        transform: Arguments.type)
    var type: TaskType = BenchLoad.standardType
    @Option(parsing: .unconditional, help: ArgumentHelp("How many bytes each payload has.", valueName: "bytes"))
    var size = 100
    @Option(
        help: ArgumentHelp("The runs to make. (default: bulk,concurrent,lone)", valueName: "run,…"),
        completion: .list(Run.allCases.map(\.rawValue)), transform: Self.runs)
    var runs: [Run] = Run.allCases
    @Option(parsing: .unconditional, help: ArgumentHelp("How many tasks in bulk.", valueName: "tasks"))
    var count = 200_000
    @Option(parsing: .unconditional, help: ArgumentHelp("How many submitters at a time.", valueName: "count"))
    var submitters = 32
    @Option(parsing: .unconditional, help: ArgumentHelp("How many tasks the submitters submit in all.", valueName: "tasks"))
    var concurrentCount = 20_000
    @Option(parsing: .unconditional, help: ArgumentHelp("How many tasks one by one.", valueName: "tasks"))
    var loneCount = 1000
    @Option(help: ArgumentHelp("Measure this too: raw, the broker without the grid.", valueName: "what"))
    var compare: Comparison?
    @Flag(help: "Print JSON, one object.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    private static func runs(_ list: String) throws -> [Run] {
        try list.split(separator: ",").map { name in
            guard let run = Run(rawValue: String(name)) else {
                throw ValidationError("'\(name)' is no run: bulk, concurrent and lone are, with commas between them")
            }
            return run
        }
    }

    func validate() throws {
        guard !runs.isEmpty else { throw ValidationError("--runs names no run: bulk, concurrent and lone are") }
        guard (1...BenchLoad.maximumSize).contains(size) else {
            throw ValidationError("--size is from 1 to \(BenchLoad.maximumSize), not \(size)")
        }
        for (name, value) in [
            ("count", count), ("submitters", submitters), ("concurrent-count", concurrentCount), ("lone-count", loneCount),
        ]
        where !(1...100_000_000).contains(value) {
            throw ValidationError("--\(name) is from 1 to 100000000, not \(value)")
        }
    }

    func run() async throws {
        try await Failure.reported {
            var report = BenchReport(type: type.name, size: size, submitters: submitters)
            let load = try BenchLoad(type, size: size)
            let configuration = try await grid.configuration()
            let pid = try? GridFile.read(from: configuration.folder).pid
            try await grid.withClient { client in
                let runner = BenchRuns(client: client, load: load, grid: pid)
                // So that nothing is measured that happens once: connections, the first look at the type's speed.
                _ = try await client.run(type, payloads: (0..<100).map(load.payload), within: .seconds(30))
                if runs.contains(.bulk) { report.bulk = try await shown("bulk") { try await runner.bulk(count, $0) } }
                if runs.contains(.concurrent) {
                    report.concurrent = try await shown("concurrent") { try await runner.concurrent(concurrentCount, by: submitters, $0) }
                }
                if runs.contains(.lone) { report.lone = try await shown("one by one") { try await runner.lone(loneCount, $0) } }
            }
            if compare == .raw {
                let location = try configuration.location()
                let hops = RawHops(
                    endpoint: location.endpoint, topology: location.topology,
                    logger: configuration.logger("bench", default: .warning)
                )
                report.raw = try await shown("raw") { try await hops.run(min(count, 50_000), size: size, $0) }
            }
            if json {
                try await Output.standard.line(report.json)
            } else {
                for line in report.lines(width: Terminal.width(1)) { try await Output.standard.line(line) }
            }
            try await Output.standard.flush()
            if report.wrong > 0 { throw Failure(.failed, "\(report.wrong) tasks failed or had a wrong result") }
        }
    }

    private func shown(_ what: String, _ body: (ProgressBar) async throws -> Measurement) async throws -> Measurement {
        let progress = ProgressBar("tasks \(what)")
        defer { progress.clear() }
        return try await body(progress)
    }
}
