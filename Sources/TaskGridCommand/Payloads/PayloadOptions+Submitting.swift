import Foundation
import TaskGridClient
import TaskGridCore

extension PayloadOptions {
    /// Connects, checks the payloads, and has `body` submit them until Ctrl-C or the end of the time. Payloads that were accepted and not
    /// told by then are told, also after a failure.
    func submitting(
        to grid: GridOptions, within limit: Duration?, areFull: Bool = false,
        _ body: (
            GridClient, Acceptances, @escaping @Sendable () async throws -> PayloadReader.Run?,
            @escaping @Sendable () async -> OrderedPipeline.Stop?
        ) async throws -> Void
    ) async throws {
        let acceptances = Acceptances(namesLines: areMany)
        defer { for line in acceptances.untold() { Terminal.tell("\(line)\n") } }
        try await grid.withClient { client in
            // A dispatcher that does not answer cannot say; it checks them itself when it comes.
            let source = try await self.source(areFull: areFull) { try? await client.maximumPayload() }
            do {
                try await StopOnInterrupt.during(limit: limit) { stop in try await body(client, acceptances, source, stop) }
            } catch {
                let failure = Failure(error)
                guard failure.code == .unknown, let message = failure.message, let known = try? await KnownTypes(client) else {
                    throw error
                }
                throw Failure(.unknown, message + known.suggestion(for: type))
            }
        }
    }

    /// Submits the payloads, and prints how each task ended as soon as it and those before it have.
    ///
    /// - Parameters:
    ///   - grid: the grid.
    ///   - limit: how long all of it may take.
    ///   - gap: prints a line for a task that has not ended by an early end, before others that have; nil: what `emit` prints says which
    ///     task it is of.
    ///   - areFull: the runs of payloads depend on the payloads alone.
    ///   - options: the options of the run of this number.
    ///   - emit: prints how a task ended.
    /// - Throws: `Failure`, also where a task did not succeed.
    func run(
        on grid: GridOptions, within limit: Duration?, gap: (@Sendable () async throws -> Void)?, areFull: Bool = false,
        options: @escaping @Sendable (_ run: Int) -> TaskOptions, emit: @escaping @Sendable (Ending) async throws -> Void
    ) async throws {
        let (type, areMany) = (type, areMany)
        var failures = 0
        try await submitting(to: grid, within: limit, areFull: areFull) { client, acceptances, source, stop in
            let progress = ProgressBar("ended", isWanted: areMany)
            defer { progress.clear() }
            let printer = EndingPrinter(acceptances, progress, emit: emit)
            do {
                try await OrderedPipeline.run(width: SubmitCommand.width, stop: stop, read: source) { run in
                    try await SubmittedRun(run, of: type, options: options(run.number), client, acceptances)
                } wait: { submitted in
                    try await submitted.printEndings(printer, progress)
                } emit: { _ in
                }
            } catch {
                progress.clear()
                try await printer.printEarly(gap: gap)
                throw error
            }
            failures = await printer.failures
        }
        if failures > 0 { throw Failure(.taskFailed, areMany ? "\(CommandOutcomeReport.tasks(failures)) did not succeed" : nil) }
    }
}

/// A run of payloads that was accepted.
private struct SubmittedRun: Sendable {
    private let run: PayloadReader.Run
    private let ids: [TaskID]
    private let endings: Endings

    /// - Throws: why the first payload of it was not accepted.
    init(
        _ run: PayloadReader.Run, of type: TaskType, options: TaskOptions, _ client: GridClient, _ acceptances: Acceptances
    ) async throws {
        let submitted = try await client.submitEachAndWatch(
            type, payloads: run.payloads, options: options, within: Arguments.asLongAsItTakes
        )
        self.run = run
        ids = try acceptances.add(run, submitted.receipts)
        endings = submitted.endings
    }

    func printEndings(_ printer: EndingPrinter, _ progress: ProgressBar) async throws {
        let share = run.share.map { $0 / Double(run.payloads.count) }
        let lines = Dictionary(ids.enumerated().map { ($0.element, run.firstLine + $0.offset) }) { first, _ in first }
        for try await ending in endings {
            progress.advance(failed: ending.state == .succeeded ? 0 : 1, share: share)
            if let line = lines[ending.id] { try await printer.ended(ending, line: line) }
        }
    }
}
