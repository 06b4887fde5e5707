import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Submits tasks and prints their ids.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit tasks and print their ids, one a line, in the order of the payloads.",
        usage: "taskgrid submit \(PayloadOptions.usage)",
        discussion: """
            A task whose id is printed is durable, and will run.
              taskgrid submit reverse hello
              taskgrid submit hash --file words.txt > ids.txt
              taskgrid submit hash --payload-file picture.png
              seq 100 | taskgrid submit wait --priority 9 --delay 30s
              taskgrid submit reverse hello --key order-17
            The last command prints the same id when it is repeated: an idempotency key is
            accepted once.
            The payloads of a file are checked before any is sent; of a pipe, those that
            come within 2 seconds, up to 64 MiB. If the command ends early, it says on
            standard error which lines were accepted, and as which tasks.

            With --wait, each line has the id, the state and the result (or error) of a
            task that has ended, separated by tabs, as soon as it and those before it have
            ended. Ctrl-C prints those that have ended, and the ids of the rest. With
            --json, each line is an object: {"id":1}, with --wait the same as of 'taskgrid
            run'.
            """
    )

    /// Messages that are read ahead of what has been printed.
    static let width = 64

    @OptionGroup var payloads: PayloadOptions
    @OptionGroup(title: "Task") var task: TaskArguments
    @Option(help: "The idempotency key, which the grid accepts once; of many payloads, further messages have KEY#1, KEY#2 and so on.")
    var key: String?
    @Flag(help: "Wait for the tasks to end; the exit code is 5 if one failed.")
    var wait = false
    @Flag(help: "Print JSON, an object a line.")
    var json = false
    @OptionGroup var resultEnd: ResultEnd
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        if resultEnd.print0, json || !wait { throw ValidationError("--print0 is for the lines of --wait without --json") }
    }

    func run() async throws {
        try await Failure.reported {
            if wait { try await submitAndWait() } else { try await submit() }
        }
    }

    private func submit() async throws {
        let type = payloads.type
        try await payloads.submitting(to: grid, within: task.within, areFull: key != nil) { client, acceptances, source, stop in
            let progress = ProgressBar("submitted", isWanted: payloads.areMany)
            defer { progress.clear() }
            try await OrderedPipeline.run(width: Self.width, stop: stop, read: source) { [self] run in
                let receipts = try await client.submitEach(type, payloads: run.payloads, options: options(of: run.number))
                let ids = try acceptances.add(run, receipts)
                progress.advance(by: ids.count, share: run.share)
                return (run, ids)
            } emit: { run, ids in
                try await progress.hidden {
                    for id in ids { try await Output.standard.line(json ? #"{"id":\#(id)}"# : "\(id)") }
                    try await Output.standard.flush()
                }
                acceptances.told(run)
            }
        }
    }

    private func submitAndWait() async throws {
        let (json, end, type) = (json, resultEnd.byte, payloads.type)
        try await payloads.run(on: grid, within: task.within, gap: nil, areFull: key != nil) { [self] run in
            options(of: run)
        } emit: { ending in
            let line = EndingLine(ending, type: type)
            if json { try await Output.standard.line(line.json) } else { try await Output.standard.result(line.text, end: end) }
        }
    }

    /// The options of a run: the same for each, except the run's number at the end of the key.
    func options(of run: Int) -> TaskOptions {
        task.options(key: key.map { run == 0 ? $0 : "\($0)#\(run)" })
    }
}
