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

    @OptionGroup var tasks: TaskChange

    func run() async throws {
        try await tasks.run(.cancel, reason: Self.reason) { client, ids in try await client.cancel(ids).map(Self.meaning) }
    }

    /// A task that was cancelled before is as it should be.
    static func meaning(_ outcome: CommandOutcome) -> CommandOutcome {
        outcome.outcome == .refused && outcome.state == .cancelled
            ? CommandOutcome(id: outcome.id, outcome: .done, state: .cancelled) : outcome
    }

    /// Why a task that is known was not cancelled.
    static func reason(_ outcome: CommandOutcome) -> String {
        "task \(outcome.id) has ended already: \(outcome.state?.name ?? "its state is not known")"
    }
}
