import ArgumentParser
import TaskGridClient
import TaskGridCore

/// Has tasks done again.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Retry tasks that failed, were cancelled or expired.",
        usage: "taskgrid retry [<options>] [<id> ...]",
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

    @OptionGroup var tasks: TaskChange

    func run() async throws {
        try await tasks.run(.retry, reason: Self.reason) { client, ids in try await client.retry(ids) }
    }

    /// Why a task that is known is not done again.
    static func reason(_ outcome: CommandOutcome) -> String {
        switch outcome.state {
        case .succeeded?: "task \(outcome.id) has succeeded: submit it anew to have it done twice"
        case let state?: "task \(outcome.id) has not ended: it is \(state)"
        case nil: "task \(outcome.id) cannot be done again"
        }
    }
}
