import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Runs tasks and prints their results.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run tasks and print their results, one a line, in the order of the payloads.",
        usage: "taskgrid run \(PayloadOptions.usage)",
        discussion: """
            Standard output has the results and nothing else:
              taskgrid run reverse hello
              taskgrid run sum '[1, 2, 3.5]'
              taskgrid run upper --file names.txt > NAMES.txt
              taskgrid run hash --payload-file picture.png
              cat *.txt | taskgrid run hash --file - | sort | uniq -c

            The error of a task that does not succeed is on standard error, and the exit
            code is 5. Of many tasks, its line is empty. Results are printed as soon as
            they and those before them are there. Ctrl-C, or the end of the time that
            --within gives, prints the others that are there, with empty lines for tasks
            that have not ended, and tells their ids. With --json, each line is an object:
            {"id":1,"type":"reverse","state":"succeeded","result":{"text":"olleh",…},…}
            """
    )

    @OptionGroup var payloads: PayloadOptions
    @OptionGroup(title: "Task") var task: TaskArguments
    @Flag(help: "Print JSON, a task a line, whether it succeeded or not.")
    var json = false
    @OptionGroup var resultEnd: ResultEnd
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let (type, options, areMany, end, json) = (payloads.type, task.options(), payloads.areMany, resultEnd.byte, json)
            let gap: @Sendable () async throws -> Void = { try await Output.standard.result(Data(), end: end) }
            try await payloads.run(on: grid, within: task.within, gap: json ? nil : gap) { _ in
                options
            } emit: { ending in
                guard !json else { return try await Output.standard.line(EndingLine(ending, type: type).json) }
                try await Self.emit(ending, areMany: areMany, end: end)
            }
        }
    }

    /// Prints a result, or why there is none.
    private static func emit(_ ending: Ending, areMany: Bool, end: UInt8) async throws {
        guard ending.state == .succeeded else {
            let reason = Terminal.plain(ending.error?.description ?? "no reason given")
            Terminal.tell("error: task \(ending.id) \(ending.state): \(reason)\n")
            if areMany { try await Output.standard.result(Data(), end: end) }
            return
        }
        try await Output.standard.result(ending.result, end: end)
    }
}
