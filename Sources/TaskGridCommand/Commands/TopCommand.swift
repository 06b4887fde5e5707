import AMQP
import ArgumentParser
import Foundation
import Logging
import Monitor
import TaskGridConfiguration
import TaskGridCore

/// Shows the whole grid, live.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show the whole grid live: its health, types, workers and events.",
        discussion: """
            taskgrid top
            taskgrid top --once
            taskgrid top --json | jq --unbuffered .throughput_per_second

            q or Ctrl-C quits, t changes between types and workers, s changes the order,
            the arrows (or j and k) and page up and down scroll. Without a terminal it does
            the same as --once. It uses the broker alone and needs no monitor. Rates and
            times begin when it starts, and are of the last minute and five minutes: it
            knows nothing of failures before. Alerts follow monitor.alert-… of its own
            configuration, not of the monitor's.
            """
    )

    private static let interval = Duration.seconds(1)
    private static let standardTime = Duration.seconds(6)

    @Flag(help: "Print types and workers once, without a screen, and end.")
    var once = false
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "How long to listen for --once (default: \(DurationText.write(standardTime))); most alerts take up to 15 s, those of failures and backlogs 5 min.",
            valueName: "time"),
        transform: Arguments.time
    )
    var duration = Self.standardTime
    @Flag(help: "Print JSON, an object each second, as the monitor's /stats has it.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let configuration = try await grid.configuration()
            let screen = once || json ? nil : Screen()
            // Log lines on the screen would stand in the picture.
            let logger =
                screen != nil && Terminal.isTerminal(STDERR_FILENO)
                ? Logger(label: "taskgrid") { _ in SwiftLogNoOpLogHandler() }
                : configuration.logger("taskgrid", default: .warning, hidesConnections: configuration.logLevel == nil)
            try await watching(configuration, logger: logger) { watch in
                if let screen { return try await TopShow(watch, on: screen).run() }
                if json, !once { return try await follow(watch) }
                try await listen(watch)
                if json { return try await Output.standard.line(watch.statistics()) }
                let frame = TopFrame(whole: watch.report(limits: .none), width: Terminal.width(STDOUT_FILENO))
                for line in frame.lines { try await Output.standard.line(line.text) }
            }
        }
    }

    private func watching(
        _ configuration: Configuration, logger: Logger, _ body: (GridWatch) async throws -> Void
    ) async throws {
        let location = try configuration.location()
        do {
            try await GridWatch.withWatch(
                endpoint: location.endpoint, topology: location.topology, thresholds: configuration.monitor.thresholds, logger: logger, body
            )
        } catch let error as AMQPError {
            let allowed = "the monitor's user ('\(location.topology.users.monitor)'), or as an administrator of the grid"
            throw Failure(error, code: .unreachable, allowed: allowed)
        }
    }

    /// Prints a line each second, until whoever reads them has enough.
    private func follow(_ watch: GridWatch) async throws {
        while !Task.isCancelled {
            try await Task.sleep(for: Self.interval)
            try await Output.standard.line(watch.statistics())
            try await Output.standard.flush()
        }
    }

    /// Listens for a while, and looks for alerts each second.
    private func listen(_ watch: GridWatch) async throws {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now + Self.interval < end {
            try await Task.sleep(for: Self.interval)
            _ = watch.statistics()
        }
        try await Task.sleep(until: end, clock: .continuous)
    }
}
