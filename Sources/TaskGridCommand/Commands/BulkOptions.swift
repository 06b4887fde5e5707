import ArgumentParser
import Foundation
import TaskGridCore

/// How a command changes all tasks that match.
struct BulkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only tasks in this state; by default a retry takes failed ones, a cancellation all that have not ended.", valueName: "state"),
        completion: .list(TaskState.allCases.map(\.name)), transform: TasksCommand.state)
    var state: TaskState?
    @Flag(help: "Do not ask first.")
    var yes = false
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many tasks are expected. Nothing is started if the number that match differs by more than 10 and by more than 10 %.",
            valueName: "number"),
        transform: Arguments.number(1...Arguments.most))
    var count: Int?

    /// Whether the person at the terminal is asked first.
    var asksFirst: Bool { !yes && count == nil && Terminal.isTerminal(STDIN_FILENO) && Terminal.isTerminal(STDERR_FILENO) }
}
