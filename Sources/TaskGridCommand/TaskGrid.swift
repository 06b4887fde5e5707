import ArgumentParser
import Foundation
import ServiceSupport
import TaskGridCore

/// The `taskgrid` command: parses, configures, composes the services and the client, and runs them. Nothing imports it.
///
/// A subcommand is a file in `Commands`. Their shared parts stand beside: `Configuration` (settings and which grid is meant),
/// `Terminal` (output, logs, progress, failures), `Payloads` (reading many), `Services` (running one until it is told to stop).
@main
struct TaskGrid: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "taskgrid",
        abstract: "A task grid on RabbitMQ.",
        discussion: """
            Start a whole grid on this machine, with a broker of its own, and leave it on:
              taskgrid up

            Then, in another terminal:
              taskgrid run reverse hello          prints olleh
              taskgrid run hash --file words.txt  a task for each line
              taskgrid submit wait 5              prints the task's id at once
              taskgrid result 1                   prints its result
              taskgrid workers                    shows the workers
              taskgrid stats                      shows the tasks of each type by state
              taskgrid top                        shows the whole grid, live
              taskgrid check                      says what would hurt, and what to do
              taskgrid failed                     lists the failed tasks with their errors
              taskgrid dead                       lists the messages that could not be read

            Arguments override the environment (such as TASKGRID_BROKER), which overrides
            config/taskgrid.yaml, which lists all settings.

            Exit codes: 0 success, 1 failure, 2 the grid cannot be reached, 3 unknown
            task or type, 4 not ended, 5 failed, 6 cancelled, 7 expired, 64 wrong use.
            """,
        version: TaskGridVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Tasks",
                subcommands: [
                    RunCommand.self, SubmitCommand.self, ResultCommand.self, StatusCommand.self, TasksCommand.self, CancelCommand.self,
                    FailedCommand.self, ErrorsCommand.self, RetryCommand.self, BulkCommand.self,
                ]
            ),
            CommandGroup(
                name: "The grid",
                subcommands: [
                    UpCommand.self, CheckCommand.self, TopCommand.self, StatsCommand.self, WorkersCommand.self, EventsCommand.self,
                    PauseCommand.self,
                    ResumeCommand.self, TypesCommand.self, DeadCommand.self, UsersCommand.self, StoreCommand.self, BenchCommand.self,
                    TestClientCommand.self, ChaosCommand.self,
                ]
            ),
            CommandGroup(
                name: "Single services",
                subcommands: [DispatcherCommand.self, NameserviceCommand.self, MonitorCommand.self, WorkerCommand.self, BrokerCommand.self]
            ),
        ]
    )

    /// As in the errors of commands that run.
    static var _errorPrefix: String { "error: " }

    static func main() async {
        // A reader that is gone is told by the write that fails, not by the end of this process.
        signal(SIGPIPE, SIG_IGN)
        ClosedDescriptors.fill()
        ArgumentSecrets.hide()
        await TypeCompletion.prepare(Array(CommandLine.arguments.dropFirst()))
        if let fault = CommandWords.fault() {
            Terminal.tell("error: \(fault)\n")
            Foundation.exit(ExitCode.validationFailure.rawValue)
        }
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch {
            // Help that was asked for is no error, and what a command says itself has been said.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.tell("\(CommandWords.wrongUse(error))\n")
            Foundation.exit(ExitCode.validationFailure.rawValue)
        }
    }
}
