import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Has types wait.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop handing out tasks of these types, for a time or until they are resumed.",
        usage: "taskgrid pause [<options>] <type> ...",
        discussion: """
            Running tasks go on. New tasks are accepted and wait, and so do retries.
            A pause survives every restart, until its time is over or 'taskgrid resume'.
              taskgrid pause hash
              taskgrid pause hash --for 1h
              taskgrid pause hash sum --json

            The exit code is 0 if all are paused (or were before), 3 if one is not known.
            """
    )

    @OptionGroup var types: TypeArguments
    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("Resume them by itself after this time, such as 90s, 30m or 1h30m.", valueName: "time"),
        transform: Arguments.time
    )
    var time: Duration?
    @Flag(help: "Print JSON, an object a line: type, and outcome (done, unchanged, unknown).")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        if let time, !(1...Int64(PauseQuery.maximumTime)).contains(time.milliseconds) {
            throw ValidationError("--for is at least 1ms and at most ten years (3650d)")
        }
    }

    func run() async throws {
        let done = "paused" + (time.map { " for \(DurationText.write($0))" } ?? "")
        try await types.send(to: grid, json: json, done: done, unchanged: "was paused before") { [time] in try await $0.pause($1, for: time)
        }
    }
}

/// Has paused types go on.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Hand out tasks of paused types again.",
        usage: "taskgrid resume [<options>] <type> ...",
        discussion: """
            taskgrid resume hash

            The exit code is 0 if none of them is paused any more, 3 if one is not known.
            """
    )

    @OptionGroup var types: TypeArguments
    @Flag(help: "Print JSON, an object a line: type, and outcome (done, unchanged, unknown).")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await types.send(to: grid, json: json, done: "resumed", unchanged: "was not paused") { try await $0.resume($1) }
    }
}

extension TypeArguments {
    /// Sends the command and tells its outcome.
    ///
    /// - `done`: the state of a type after the command, such as "paused".
    /// - `unchanged`: the text for a type that had that state before.
    func send(
        to grid: GridOptions, json: Bool, done: String, unchanged: String,
        _ command: @escaping (GridClient, [TaskType]) async throws -> [PauseOutcome]
    ) async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                var unknown: TaskType?
                for outcome in try await command(client, types) {
                    if outcome.outcome == .unknown { unknown = unknown ?? outcome.type }
                    try await Output.standard.line(
                        json ? JSON.encode(outcome) : Data(Self.line(outcome, done: done, unchanged: unchanged).utf8))
                }
                if let unknown { throw try await KnownTypes(client).failure(unknown) }
            }
        }
    }

    static func line(_ outcome: PauseOutcome, done: String, unchanged: String) -> String {
        switch outcome.outcome {
        case .done: "\(outcome.type) is \(done)"
        case .unchanged: "\(outcome.type) \(unchanged)"
        case .unknown: "\(outcome.type) is not known"
        }
    }
}
