import ArgumentParser
import TaskGridClient
import TaskGridCore

/// The tasks that `retry` or `cancel` changes, by their ids or all that match, and how it tells what became of them.
struct TaskChange: ParsableArguments {
    @OptionGroup var ids: TaskIDArguments
    @OptionGroup(title: "Which") var filter: FilterOptions
    @OptionGroup(title: "Which") var bulk: BulkOptions
    @Flag(help: "Print JSON, an object a line: id, outcome (done, refused, unknown), and the state before.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        let hasOptions = !filter.isEmpty || bulk.state != nil
        if !ids.isEmpty, hasOptions { throw ValidationError("give ids, or options that say which tasks, not both") }
        if ids.isEmpty, !hasOptions {
            throw ValidationError(
                "say which tasks: ids, - for ids from standard input, or --type, --state, --since, --until, --text, --error")
        }
    }

    /// Changes the tasks.
    ///
    /// - Parameters:
    ///   - kind: what is done to them.
    ///   - reason: why a task that is known was not changed.
    ///   - change: changes some tasks by their ids.
    func run(
        _ kind: BulkAction.Kind, reason: (CommandOutcome) -> String, by change: (GridClient, [TaskID]) async throws -> [CommandOutcome]
    ) async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                guard !ids.isEmpty else { return try await runMatching(kind, client) }
                let report = try await runNamed(kind, reason: reason) { try await change(client, $0) }
                if !json { try await Output.standard.line(report.sentence(kind.done, kind.undone)) }
                if let failure = report.failure { throw failure }
            }
        }
    }

    private func runMatching(_ kind: BulkAction.Kind, _ client: GridClient) async throws {
        var tasks = try await filter.resolved(kind == .retry ? filter.filter : filter.openFilter, client)
        tasks.state = bulk.state
        let run = BulkRun(
            kind: kind, filter: tasks, words: "\(bulk.state?.name ?? kind.defaultTasks) tasks\(filter.words)", expected: bulk.count,
            asksFirst: bulk.asksFirst, json: json)
        try await run.run(client)
    }

    /// Tells each outcome: as a line of JSON, and the reason where a task was not changed.
    private func runNamed(
        _ kind: BulkAction.Kind, reason: (CommandOutcome) -> String, by change: ([TaskID]) async throws -> [CommandOutcome]
    ) async throws -> CommandOutcomeReport {
        var report = CommandOutcomeReport()
        let progress = ProgressBar(kind.participle, isWanted: ids.sources.contains(.standardInput))
        defer { progress.clear() }
        try await ids.forEachPart { part, share in
            let outcomes = try await change(part)
            progress.advance(by: part.count, failed: outcomes.count { $0.outcome != .done }, share: share)
            try await progress.hidden {
                for outcome in outcomes {
                    report.add(outcome)
                    if json { try await Output.standard.line(JSON.encode(outcome)) }
                    guard outcome.outcome != .done, report.undone <= CommandOutcomeReport.told else { continue }
                    let unknown = "task \(outcome.id) is not known: never accepted, or ended so long ago that it was pruned"
                    Terminal.tell("error: \(outcome.outcome == .unknown ? unknown : reason(outcome))\n")
                }
            }
        }
        return report
    }
}
