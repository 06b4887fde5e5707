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
            The payloads of a file are checked before any is sent; of a pipe, those that come
            within 2 seconds, up to 64 MiB. If the command ends early, it says on standard
            error which lines were accepted, and as which tasks.

            With --wait, each line has the id, the state and the result (or error) of a
            task that has ended, separated by tabs. With --json, each line is an object:
            {"id":1}, with --wait also "state", "result", "error" and more, as 'taskgrid run'.
            """
    )

    /// Messages that are read ahead of what has been printed.
    static let width = 64

    @OptionGroup var payloads: PayloadOptions
    @OptionGroup(title: "Task") var task: TaskArguments
    @Option(help: "The idempotency key, accepted once; the n-th message of many appends n.")
    var key: String?
    @Flag(help: "Wait for the tasks to end; the exit code is 5 if one failed.")
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
        try await payloads.submitting(to: grid, areFull: key != nil) { client, acceptances, source, stop in
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
        let type = payloads.type
        var failures = 0
        try await payloads.submitting(to: grid, areFull: key != nil) { client, acceptances, source, stop in
            let progress = ProgressBar("ended", isWanted: payloads.areMany)
            defer { progress.clear() }
            try await OrderedPipeline.run(width: Self.width, stop: stop, read: source) { [self] run in
                (run, try await client.run(run, of: type, options: options(of: run.number), acceptances: acceptances, progress: progress))
            } emit: { run, endings in
                failures += endings.count { $0.state != .succeeded }
                try await progress.hidden {
                    for ending in endings {
                        try await Output.standard.line(json ? EndingLine(ending, type: type).json : EndingLine(ending, type: type).text)
                    }
                    try await Output.standard.flush()
                }
                acceptances.told(run)
            }
        }
        if failures > 0 { throw Failure(.taskFailed, payloads.areMany ? "\(failures) tasks did not succeed" : nil) }
    }

    /// The options of a run: the same for each, except the run's number at the end of the key.
    func options(of run: Int) -> TaskOptions {
        task.options(key: key.map { run == 0 ? $0 : "\($0)#\(run)" })
    }
}

extension PayloadOptions {
    /// Connects, checks the payloads, and has `body` submit them until Ctrl-C. Payloads that were accepted and not told by then are told,
    /// also after a failure.
    func submitting(
        to grid: GridOptions, areFull: Bool = false,
        _ body: (
            GridClient, Acceptances, @escaping @Sendable () async throws -> PayloadReader.Run?,
            @escaping @Sendable () async -> (any Error)?
        ) async throws -> Void
    ) async throws {
        let acceptances = Acceptances(namesLines: areMany)
        defer { for line in acceptances.untold() { Terminal.tell("\(line)\n") } }
        try await grid.withClient { client in
            // A dispatcher that does not answer cannot say; it checks them itself when it comes.
            let source = try await self.source(areFull: areFull) { try? await client.maximumPayload() }
            try await StopOnInterrupt.during { stop in try await body(client, acceptances, source, stop) }
        }
    }
}

extension GridClient {
    /// Submits a run of payloads and waits for all ends, in the payloads' order, while the bar moves.
    func run(
        _ run: PayloadReader.Run, of type: TaskType, options: TaskOptions, acceptances: Acceptances, progress: ProgressBar
    ) async throws -> [Ending] {
        let (receipts, ends) = try await submitEachAndWatch(
            type, payloads: run.payloads, options: options, within: .seconds(30 * 86_400)
        )
        let ids = try acceptances.add(run, receipts)
        var endings: [TaskID: Ending] = [:]
        for try await ending in ends {
            endings[ending.id] = ending
            progress.advance(failed: ending.state == .succeeded ? 0 : 1, share: run.share.map { $0 / Double(run.payloads.count) })
        }
        return ids.compactMap { endings[$0] }
    }
}
