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
        let (type, options, source) = (payloads.type, numbered(), try payloads.source())
        try await grid.withClient { client in
            let progress = ProgressBar("submitted", isWanted: payloads.areMany)
            defer { progress.clear() }
            try await OrderedPipeline.run(width: Self.width, read: source) { run in
                let ids = try await client.submit(type, payloads: run.payloads, options: await options.next())
                progress.advance(by: ids.count)
                if let fraction = run.fraction { progress.set(fraction: fraction) }
                return ids
            } emit: { ids in
                for id in ids { try await Output.standard.line(json ? #"{"id":\#(id)}"# : "\(id)") }
                try await Output.standard.flush()
            }
        }
    }

    private func submitAndWait() async throws {
        let (type, options, source) = (payloads.type, numbered(), try payloads.source())
        var failures = 0
        try await grid.withClient { client in
            let progress = ProgressBar("ended", isWanted: payloads.areMany)
            defer { progress.clear() }
            try await OrderedPipeline.run(width: Self.width, read: source) { run in
                try await client.run(type, run, options: await options.next(), progress: progress)
            } emit: { endings in
                for ending in endings {
                    if ending.state != .succeeded { failures += 1 }
                    try await Output.standard.line(json ? EndingLine(ending).json : EndingLine(ending).text)
                }
                try await Output.standard.flush()
            }
        }
        if failures > 0 { throw Failure(.taskFailed, payloads.areMany ? "\(failures) tasks did not succeed" : nil) }
    }

    private func numbered() -> NumberedOptions { NumberedOptions(task.options(key: key)) }
}

/// The options of each message of a long submission: the same, but for the number at the end of a key.
actor NumberedOptions {
    private let options: TaskOptions
    private var count = 0

    init(_ options: TaskOptions) { self.options = options }

    func next() -> TaskOptions {
        defer { count += 1 }
        var options = options
        if let key = options.key, count > 0 { options.key = "\(key)#\(count)" }
        return options
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
            progress.advance(failed: ending.state == .succeeded ? 0 : 1)
        }
        if let fraction = run.fraction { progress.set(fraction: fraction) }
        return submitted.ids.compactMap { endings[$0] }
    }
}
