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

            The exit code is 0 if all are cancelled (or were before), 3 if some are not
            known, 1 if some had ended otherwise.
            """
    )

    @OptionGroup var ids: TaskIDArguments
    @Flag(help: "Print JSON, an object a line: id, outcome (done, refused, unknown), and the state before.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        if ids.isEmpty { throw ValidationError("give the ids of the tasks to cancel, or - to read them from standard input") }
    }

    func run() async throws {
        try await Failure.reported {
            var report = CommandOutcomeReport()
            try await grid.withClient { client in
                let progress = ProgressBar("cancelled", isWanted: ids.sources.contains(.standardInput))
                defer { progress.clear() }
                try await ids.forEachPart { part, share in
                    let outcomes = try await client.cancel(part).map(Self.meaning)
                    progress.advance(by: part.count, failed: outcomes.count { $0.outcome != .done }, share: share)
                    try await progress.aside {
                        for outcome in outcomes {
                            report.add(outcome)
                            if json { try await Output.standard.line(JSON.encode(outcome)) }
                            guard report.undone <= CommandOutcomeReport.told, let reason = Self.reason(outcome) else { continue }
                            Terminal.tell("error: \(reason)\n")
                        }
                    }
                }
            }
            if !json { try await Output.standard.line(report.sentence("cancelled", "could not be")) }
            if let failure = report.failure { throw failure }
        }
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
