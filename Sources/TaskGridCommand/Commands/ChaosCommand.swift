import ArgumentParser
import Chaos
import Foundation
import LocalGrid
import Logging
import ServiceSupport
import Synchronization
import TaskGridConfiguration
import TaskGridCore

/// Shows that nothing is lost: load and faults on a grid of its own, and a table of what came of each task.
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Run a grid of its own under faults, and see whether a task is lost or ends twice.",
        usage: "taskgrid chaos [<options>]",
        discussion: """
            It starts a grid with a private broker on free ports in a temporary folder,
            submits numbered tasks at a steady rate, and injects faults:

            \(Self.list)

            Then it waits until the other tasks have ended, and prints how the tasks ended.
            The exit code is 1 if a promise was broken: a task was lost, ended twice or has
            a wrong result, a submission was accepted twice or never answered, or the
            dispatcher's counters do not agree. Then the folder stays, and the last lines
            say where it is and what is in it.
              taskgrid chaos --minutes 5
              taskgrid chaos --duration 30s --faults worker,dispatcher --every 2s
              taskgrid chaos --faults wipe --every 20s --keep /tmp/chaos
              taskgrid chaos --nodes 3 --minutes 5
              taskgrid chaos --store postgresql --minutes 5
              taskgrid chaos --store postgresql --dispatchers 2 --faults dispatcher
              taskgrid chaos --tls --minutes 5
            Ctrl-C ends the faults early; a second one stops at once, and leaves the folder.

            The fault plan is a function of --seed (and of --faults, --every, --workers,
            --nodes, --store, --dispatchers and the duration); the tasks that a fault
            meets are not.

            In the table, "Executed more than once" counts an interrupted execution and the
            one that followed. The result of such a task counts once. "Recovery" is the
            time from a fault until the client learns of the end of a task that it
            submitted after the fault; the longest one for each kind of fault. It includes
            the effects of other faults in that time.
            """
    )

    /// The kinds of faults, a line each.
    private static let list = Fault.allCases.map { fault in
        "  \(fault.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0))  \(fault.summary)"
    }.joined(separator: "\n")

    private static let defaultMinutes = 1.0
    private static let defaultWorkers = 3
    private static let maximumDispatchers = 8

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How many minutes of faults; \(Int(defaultMinutes)) by default.", valueName: "minutes"))
    var minutes: Double?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("How long, in place of --minutes, such as 30s.", valueName: "time"),
        transform: Arguments.someTime)
    var duration: Duration?
    @Option(parsing: .unconditional, help: ArgumentHelp("Tasks submitted a second.", valueName: "count"))
    var rate: Double = 100
    @Option(
        help: ArgumentHelp("The faults to inject, separated by commas; by default all that --nodes and --store allow.", valueName: "names"),
        completion: .list(Fault.allCases.map(\.rawValue) + ["all"]), transform: Self.faults
    )
    var faults: Set<Fault>?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The mean time between two faults; \(DurationText.write(ChaosConfiguration.defaultInterval)) by default.", valueName: "time"),
        transform: Arguments.time)
    var every = ChaosConfiguration.defaultInterval
    @Option(help: "Repeats the fault plan of an earlier run, which printed its seed; random by default.")
    var seed: UInt64?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Worker processes. (default: \(defaultWorkers))", valueName: "count"),
        transform: Arguments.number(1...WorkerCounts.maximum))
    var workers = Self.defaultWorkers
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long the tasks may take that are left at the end; \(DurationText.write(ChaosConfiguration.defaultPatience)) by default.",
            valueName: "time"),
        transform: Arguments.time
    )
    var patience = ChaosConfiguration.defaultPatience
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Dispatcher processes: one is active, the others stand by. (default: 1)", valueName: "count"),
        transform: Arguments.number(1...maximumDispatchers))
    var dispatchers = 1
    @OptionGroup var store: StoreKindOption
    @OptionGroup var nodes: NodesOption
    @Option(key: "queue-kind") var queueKind: KeyArgument?
    @Option(
        help: ArgumentHelp("A new folder for logs, store and journal of executions, which stay there.", valueName: "folder"),
        completion: .directory
    )
    var keep: String?
    @Flag(help: "Print JSON.")
    var json = false
    @Option(key: "log-level") var logLevel: KeyArgument?
    @Option(key: "log-format") var logFormat: KeyArgument?

    func validate() throws {
        if minutes != nil, duration != nil { throw ValidationError("--minutes and --duration say the same: give one of them") }
        if let minutes, !(minutes > 0 && minutes <= 100_000) { throw ValidationError("--minutes is above 0, not \(minutes)") }
        guard rate > 0, rate <= 10_000 else { throw ValidationError("--rate is above 0 and at most 10000, not \(rate)") }
        if nodes.nodes == 1, let fault = chosen?.filter(\.needsCluster).map(\.rawValue).min() {
            throw ValidationError("the fault '\(fault)' needs a broker of several nodes: add --nodes 3")
        }
        if !store.usesDatabase, chosen?.contains(.database) == true {
            throw ValidationError("the fault 'database' needs the tasks in PostgreSQL: add --store postgresql")
        }
        guard every >= .milliseconds(100) else { throw ValidationError("--every is at least 100ms") }
    }

    func run() async throws {
        try await Failure.reported {
            try FileLimit.require("a grid", servesHTTP: true)
            try SettingCheck().check(file: nil)
            let arguments = KeyArgument.byKey([queueKind, logLevel, logFormat, nodes.rabbitmq])
            let configuration = try Configuration(try await SettingSources(arguments: arguments, file: nil))
            let folder = try folder()
            var isWell = false
            defer {
                for line in ChaosFolder(folder: folder).leave(isAskedFor: keep != nil, isWell: isWell) { Terminal.tell("\(line)\n") }
            }
            let show = ChaosShow(duration: time, logger: configuration.logger("chaos", default: .notice))
            // The faults are there to make clients lose connections: their log lines about it say nothing new.
            let quiet = configuration.logger("client", default: .critical)
            let chaos = Chaos(plan(folder, configuration), logger: quiet, onEvent: show.tell)
            show.start(chaos.configuration)
            let report = Mutex<ChaosReport?>(nil)
            try await StopSignals.during {
                let result = try await chaos.run()
                report.withLock { $0 = result }
            } onFirst: { _ in
                show.end()
                chaos.endFaults()
            }
            show.clear()
            guard let report = report.withLock({ $0 }) else { return }
            if json {
                try await Output.standard.line(JSON.encode(report))
            } else {
                let table = ChaosTable(report, refuses: chosen?.contains(.refuse) ?? true)
                for line in table.lines(width: Terminal.width(STDOUT_FILENO)) { try await Output.standard.line(line) }
            }
            try Self.judge(report)
            isWell = true
        }
    }

    /// - Throws: an error that makes the exit code 1, if a promise was broken.
    static func judge(_ report: ChaosReport) throws(Failure) {
        guard report.violations.isEmpty else {
            throw Failure(.failed, "seed \(report.seed): " + report.violations.joined(separator: "; "))
        }
    }

    /// The faults that were named; nil: all that the broker's nodes and the store allow.
    private var chosen: Set<Fault>? { faults == Set(Fault.allCases) ? nil : faults }

    private var time: Duration { duration ?? .seconds((minutes ?? Self.defaultMinutes) * 60) }

    private func plan(_ folder: GridFolder, _ configuration: Configuration) -> ChaosConfiguration {
        var plan = ChaosConfiguration(
            seed: seed ?? .random(in: 0...(.max >> 1)), duration: time, every: every, faults: chosen, rate: rate, workers: workers,
            patience: patience, queueKind: nodes.topology(configuration).queueKind, nodes: nodes.nodes,
            usesDatabase: store.usesDatabase, folder: folder
        )
        plan.dispatchers = dispatchers
        plan.rabbitmq = configuration.rabbitmq
        plan.usesTLS = nodes.usesTLS
        plan.environment.merge(KeyArgument.byVariable([logLevel])) { $1 }
        return plan
    }

    /// A new folder.
    private func folder() throws(Failure) -> GridFolder {
        guard let keep else {
            return GridFolder(FileManager.default.temporaryDirectory.appending(path: "taskgrid-chaos-\(UUID().uuidString)").path)
        }
        let folder = GridFolder(keep)
        let content = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        guard content.isEmpty else { throw Failure(.failed, "\(folder.path) is not empty: --keep names a new folder") }
        return folder
    }

    @Sendable private static func faults(_ text: String) throws -> Set<Fault> {
        do {
            return try Fault.read(text)
        } catch {
            throw ValidationError(error.description)
        }
    }
}
