import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Has tasks done again.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Retry tasks that failed, were cancelled or expired.",
        discussion: """
            Tasks are named by their ids, or are all failed ones that match the options;
            'taskgrid failed' with the same options lists them. They get all their attempts
            again, keep their ids, and lose their expiry.
              taskgrid retry 17
              taskgrid retry --type sum --since 1h
              taskgrid retry --text "connection refused" --yes
              taskgrid failed --json --limit 1000 | jq .id | taskgrid retry -

            On a terminal it asks first if many tasks match; --yes skips the question. The
            exit code is 0 if all are retried, 3 if some are not known, 1 if some could not
            be retried: they succeeded, or have not ended.
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
            if ids.isEmpty { return try await grid.withClient { try await retryMatching($0) } }
            var report = CommandOutcomeReport()
            try await grid.withClient { client in
                report = try await ids.change(done: "retried", json: json, reason: Self.reason) { try await client.retry($0) }
            }
            if !json { try await Output.standard.line(report.sentence("will be done again", "will not")) }
            if let failure = report.failure { throw failure }
        }
    }

    private func retryMatching(_ client: GridClient) async throws {
        var tasks = try await filter.resolved(filter.filter, client)
        tasks.state = bulk.state
        let run = BulkRun(
            kind: .retry, filter: tasks, words: "\(bulk.state?.name ?? "failed") tasks\(filter.words)", expected: bulk.count,
            asksFirst: bulk.asksFirst, json: json)
        try await run.run(client)
    }

    /// Why a task is not done again; nil where it is.
    static func reason(_ outcome: CommandOutcome) -> String? {
        switch (outcome.outcome, outcome.state) {
        case (.done, _): nil
        case (.refused, .succeeded?): "task \(outcome.id) has succeeded: submit it anew to have it done twice"
        case (.refused, let state?): "task \(outcome.id) has not ended: it is \(state)"
        case (.refused, nil): "task \(outcome.id) cannot be done again"
        case (.unknown, _): "task \(outcome.id) is not known: never accepted, or ended so long ago that it was pruned"
        }
    }
}
