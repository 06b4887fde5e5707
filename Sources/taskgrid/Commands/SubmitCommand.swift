import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Submits tasks and prints their ids.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit tasks and print their ids, one a line, in the order of the payloads.",
        discussion: """
            A task whose id is printed is durable and will be done.
              taskgrid submit reverse hello
              taskgrid submit hash --file words.txt > ids.txt
              seq 100 | taskgrid submit wait --priority 9 --delay 30s
              taskgrid submit reverse hello --key order-17
            The last one, repeated, prints the same id: a key is accepted once.

            With --wait, each line has the id, the state and the result (or error), set
            apart by tabs, once the task has ended. With --json, each line is an object:
            {"id":1}, with --wait also "state", "result" or "error", and more.
            """
    )

    /// Messages that are read ahead of what has been printed.
    static let width = 64

    @OptionGroup var payloads: PayloadOptions
    @OptionGroup(title: "Task") var task: TaskArguments
    @Option(help: "What makes a repeated submission the same one; of many, the n-th message has n at its end.")
    var key: String?
    @Flag(help: "Wait for the tasks to end; the exit code is 5 where one failed.")
    var wait = false
    @Flag(help: "Print JSON, an object a line.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            if wait { try await submitAndWait() } else { try await submit() }
        }
    }

    private func submit() async throws {
        let type = payloads.type
        let source = try payloads.source(areFull: key != nil)
        try await grid.withClient { client in
            let progress = ProgressBar("submitted", isWanted: payloads.areMany)
            defer { progress.clear() }
            try await OrderedPipeline.run(width: Self.width, read: source) { [self] run in
                let ids = try await client.submit(type, payloads: run.payloads, options: options(of: run.number))
                progress.advance(by: ids.count, share: run.share)
                return ids
            } emit: { ids in
                try await progress.aside {
                    for id in ids { try await Output.standard.line(json ? #"{"id":\#(id)}"# : "\(id)") }
                    try await Output.standard.flush()
                }
            }
        }
    }

    private func submitAndWait() async throws {
        let type = payloads.type
        let source = try payloads.source(areFull: key != nil)
        var failures = 0
        try await grid.withClient { client in
            let progress = ProgressBar("ended", isWanted: payloads.areMany)
            defer { progress.clear() }
            try await OrderedPipeline.run(width: Self.width, read: source) { [self] run in
                try await client.run(type, run, options: options(of: run.number), progress: progress)
            } emit: { endings in
                failures += endings.count { $0.state != .succeeded }
                try await progress.aside {
                    for ending in endings {
                        try await Output.standard.line(json ? EndingLine(ending).json : EndingLine(ending).text)
                    }
                    try await Output.standard.flush()
                }
            }
        }
        if failures > 0 { throw Failure(.taskFailed, payloads.areMany ? "\(failures) tasks did not succeed" : nil) }
    }

    /// The options of a run: the same for each, but for the run's number at the end of the key.
    func options(of run: Int) -> TaskOptions {
        task.options(key: key.map { run == 0 ? $0 : "\($0)#\(run)" })
    }
}

extension GridClient {
    /// Submits a run of payloads and waits for all ends, in the payloads' order, while the bar moves.
    func run(
        _ type: TaskType, _ run: PayloadReader.Run, options: TaskOptions, progress: ProgressBar
    ) async throws(ClientError) -> [Ending] {
        let submitted = try await submitAndWatch(type, payloads: run.payloads, options: options, within: .seconds(30 * 86_400))
        var endings: [TaskID: Ending] = [:]
        for try await ending in submitted.endings {
            endings[ending.id] = ending
            progress.advance(failed: ending.state == .succeeded ? 0 : 1, share: run.share.map { $0 / Double(run.payloads.count) })
        }
        return submitted.ids.compactMap { endings[$0] }
    }
}
