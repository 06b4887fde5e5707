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
            code is 5. Of many tasks, its line is empty. With --json, each line is an object:
            {"id":1,"type":"reverse","state":"succeeded","result":{"text":"olleh",…},…}
            """
    )

    @OptionGroup var payloads: PayloadOptions
    @OptionGroup(title: "Task") var task: TaskArguments
    @Flag(help: "Print JSON, a task a line, whether it succeeded or not.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let (type, options) = (payloads.type, task.options())
            var failures = 0
            try await payloads.submitting(to: grid) { client, acceptances, source, stop in
                let progress = ProgressBar("tasks", isWanted: payloads.areMany)
                defer { progress.clear() }
                try await OrderedPipeline.run(width: SubmitCommand.width, stop: stop, read: source) { run in
                    (run, try await client.run(run, of: type, options: options, acceptances: acceptances, progress: progress))
                } emit: { run, endings in
                    failures += endings.count { $0.state != .succeeded }
                    try await progress.hidden {
                        for ending in endings { try await emit(ending) }
                        try await Output.standard.flush()
                    }
                    acceptances.told(run)
                }
            }
            if failures > 0 { throw Failure(.taskFailed, payloads.areMany ? "\(failures) tasks did not succeed" : nil) }
        }
    }

    /// Prints a result, or why there is none.
    private func emit(_ ending: Ending) async throws {
        guard !json else { return try await Output.standard.line(EndingLine(ending, type: payloads.type).json) }
        guard ending.state == .succeeded else {
            let reason = Terminal.plain(ending.error?.description ?? "no reason given")
            Terminal.tell("error: task \(ending.id) \(ending.state): \(reason)\n")
            if payloads.areMany { try await Output.standard.line("") }
            return
        }
        try await Output.standard.line(ending.result)
    }
}
