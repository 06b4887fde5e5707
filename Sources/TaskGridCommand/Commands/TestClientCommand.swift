import ArgumentParser
import Chaos
import Foundation
import ServiceSupport
import TaskGridClient
import TaskGridCore

/// Submits random tasks with known answers, now and then, and checks the answers.
struct TestClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test-client",
        abstract: "Submit random tasks of all types at intervals, and check their results.",
        usage: "taskgrid test-client [<options>]",
        discussion: """
            Each round submits a task of each of the five types that come with the grid.
            Every submission and result is written to the log file and to standard output.
            The exit code is 1 if a result was wrong or missing.
              taskgrid test-client
              taskgrid test-client --interval 1 --count 10 --log /tmp/tests.log
            """
    )

    private static let defaultInterval = Duration.seconds(30)
    private static let defaultPatience = Duration.seconds(60)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The time between two rounds; \(DurationText.write(defaultInterval)) by default.", valueName: "time"),
        transform: Arguments.time)
    var interval = Self.defaultInterval
    @Option(
        parsing: .unconditional, help: ArgumentHelp("How many rounds; without it, until Ctrl-C.", valueName: "rounds"),
        transform: Arguments.number(1...Arguments.most))
    var count: Int?
    @Option(
        help: ArgumentHelp("The log file, in the current folder if nothing else is said; it grows.", valueName: "file"), completion: .file()
    )
    var log = "taskgrid_tests.log"
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long to wait for a result; \(DurationText.write(defaultPatience)) by default.", valueName: "time"),
        transform: Arguments.time)
    var patience = Self.defaultPatience
    @Option(help: "Repeats the tasks of an earlier run, whose log names its seed.")
    var seed: UInt64?
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let trial = TestClient(log: try TrialLog(path: log), patience: patience)
            Terminal.tell("each submission and result is also written to \(trial.log.path)\n")
            let rounds = Rounds(interval: interval, count: count, seed: seed ?? .random(in: .min ... .max))
            let grid = grid
            // Unstructured, since it is cancelled on its own by the signal and then awaited.
            let life = Task { try await grid.withClient { try await rounds.run(trial, $0) } }
            try await StopSignals.during {
                do {
                    try await life.value
                } catch is CancellationError {
                    // Ctrl-C is how an endless run ends.
                }
            } onFirst: { _ in
                life.cancel()
            }
            try await trial.finish()
        }
    }
}

/// Rounds of tasks at intervals.
struct Rounds: Sendable {
    let interval: Duration
    let count: Int?
    let seed: UInt64

    func run(_ trial: TestClient, _ client: GridClient) async throws {
        try await trial.log.line("started  seed \(seed)")
        var generator = SplitMix64(seed: seed)
        var round = 0
        var next = ContinuousClock.now
        while round < count ?? .max {
            try await Task.sleep(until: next, clock: .continuous)
            next += interval
            round += 1
            try await trial.round(round, of: KnownTask.each(using: &generator), with: client)
        }
    }
}
