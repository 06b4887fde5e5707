import ArgumentParser
import TaskGridClient
import TaskGridCore

/// Prints a task's result.
struct ResultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "result",
        abstract: "Print the result of a task.",
        usage: "taskgrid result [<options>] <id>",
        discussion: """
            The exit code says how the task ended:
              0  it succeeded; the result is on standard output
              3  the store does not know it
              4  it has not ended (with --wait: not within the time)
              5  it failed; the error is on standard error
              6  it was cancelled
              7  it expired
              2  the grid cannot be reached, or the dispatcher does not answer

              taskgrid result 17
              taskgrid result 17 --wait --within 1m
              taskgrid result 17 --json | jq -r .result.text
            """
    )

    @Argument(help: "The task's id.", transform: Arguments.id)
    var id: TaskID
    @Flag(help: "Wait for the task to end.")
    var wait = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long --wait may take, such as 30s; by default as long as it takes.", valueName: "time"),
        transform: Arguments.someTime)
    var within: Duration?
    @Flag(help: "Print the ended task as JSON, with its result or error.")
    var json = false
    @OptionGroup var resultEnd: ResultEnd
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        if within != nil, !wait { throw ValidationError("--within is for --wait") }
    }

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                guard let ending = try await ending(client) else {
                    throw Failure(.pending, "task \(id) has not ended: see 'taskgrid status \(id)'\(wait ? "" : ", or wait with --wait")")
                }
                if json {
                    let task = try await client.status(id)
                    try await Output.standard.line(JSON.encode(TaskReport(task, [.settings, .result])))
                }
                switch ending.state {
                case .succeeded where json: break
                case .succeeded: try await Output.standard.result(ending.result, end: resultEnd.byte)
                case .cancelled: throw Failure(.taskCancelled, "task \(id) was cancelled")
                case .expired: throw Failure(.taskExpired, "task \(id) expired")
                default: throw Failure(.taskFailed, "task \(id) failed: \(ending.error?.description ?? "no reason given")")
                }
            }
        }
    }

    private func ending(_ client: GridClient) async throws -> Ending? {
        guard wait else { return try await client.result(id) }
        do throws(ClientError) {
            return try await client.outcome(of: id, within: within ?? Arguments.asLongAsItTakes)
        } catch {
            guard error.code == .timedOut else { throw error }
            return nil
        }
    }
}
