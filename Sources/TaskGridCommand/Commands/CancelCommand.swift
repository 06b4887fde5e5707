import ArgumentParser
import TaskGridClient
import TaskGridCore

/// Ends tasks before they are done.
struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel tasks that have not ended, whether they wait or run.",
        usage: "taskgrid cancel [<options>] [<id> ...]",
        discussion: """
            A waiting task does not begin any more; the worker of a running one is told to
            stop. Either way the task ends as cancelled at once. 'taskgrid retry' runs it
            after all.
              taskgrid cancel 17
              taskgrid cancel 17 18 19
              taskgrid cancel - < ids.txt
              taskgrid cancel 17 --json
              taskgrid cancel --type wait --state pending

            The exit code is 0 if all are cancelled (or were before), 3 if some are not
            known, 1 if some had ended otherwise.

            With options instead of ids it cancels all tasks that match and have not ended.
            --since and --until are times of acceptance here. On a terminal it asks first.
            The dispatcher goes on if the command ends: see 'taskgrid bulk'.
            """
    )

    @OptionGroup var ids: TaskIDArguments
    @OptionGroup(title: "Which") var filter: FilterOptions
    @OptionGroup(title: "Which") var bulk: BulkOptions
    @Flag(help: "Print JSON, an object a line: id, outcome (done, refused, unknown), and the state before.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws { try ids.check(against: filter, bulk: bulk) }

    func run() async throws {
        try await Failure.reported {
            if ids.isEmpty { return try await grid.withClient { try await cancelMatching($0) } }
            var report = CommandOutcomeReport()
            try await grid.withClient { client in
                report = try await ids.change(done: "cancelled", json: json, reason: Self.reason) {
                    try await client.cancel($0).map(Self.meaning)
                }
            }
            if !json { try await Output.standard.line(report.sentence("cancelled", "could not be")) }
            if let failure = report.failure { throw failure }
        }
    }

    private func cancelMatching(_ client: GridClient) async throws {
        var tasks = try await filter.resolved(filter.openFilter, client)
        tasks.state = bulk.state
        let run = BulkRun(
            kind: .cancel, filter: tasks, words: "\(bulk.state?.name ?? "open") tasks\(filter.words)", expected: bulk.count,
            asksFirst: bulk.asksFirst, json: json)
        try await run.run(client)
    }

    /// A task that was cancelled before is as it should be.
    static func meaning(_ outcome: CommandOutcome) -> CommandOutcome {
        outcome.outcome == .refused && outcome.state == .cancelled
            ? CommandOutcome(id: outcome.id, outcome: .done, state: .cancelled) : outcome
    }

    /// Why a task was not cancelled; nil where it was.
    static func reason(_ outcome: CommandOutcome) -> String? {
        switch outcome.outcome {
        case .done: nil
        case .refused: "task \(outcome.id) has ended already: \(outcome.state?.name ?? "its state is not known")"
        case .unknown: "task \(outcome.id) is not known: never accepted, or ended so long ago that it was pruned"
        }
    }
}
