import ArgumentParser
import Foundation
import TaskGridCore

/// How a command changes all tasks that match.
struct BulkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only tasks in this state.", valueName: "state"), transform: TasksCommand.state)
    var state: TaskState?
    @Flag(help: "Do not ask first.")
    var yes = false
    @Option(
        help: ArgumentHelp(
            "How many tasks are expected: nothing is done if others match, by more than a tenth and ten.", valueName: "number"))
    var count: Int?

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is at least 1, not \(count)") }
    }

    /// Whether the person at the terminal is asked first.
    var asksFirst: Bool { !yes && count == nil && Terminal.isTerminal(STDIN_FILENO) && Terminal.isTerminal(STDERR_FILENO) }
}
