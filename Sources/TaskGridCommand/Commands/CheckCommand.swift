import ArgumentParser
import Foundation
import Logging
import TaskGridConfiguration
import TaskGridCore

/// Checks the broker and the grid.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the broker and the grid, and say what would hurt and what to do.",
        usage: "taskgrid check [<options>] [<type> ...]",
        discussion: """
            It changes nothing. Each line is ok, a warning, or a problem: tasks get lost or
            late, or a part of the grid cannot work. Under it stands what to do.

            Over AMQP it looks at each address of the broker, the login, the exchanges and
            shared queues, and the versions and clocks of the services. Over the broker's
            management interface it looks at nodes, kinds of queues, bindings, policies,
            rights and limits; rights need an administrator's login.

              taskgrid check
              taskgrid check --broker amqp://grid:secret@a,b,c/tasks \\
                --admin http://admin:secret@a:15672
              taskgrid check --broker amqp://worker:secret@a/tasks --role worker hash \\
                --admin http://admin:secret@a:15672
              taskgrid check --json | jq -r '.checks[] | select(.level != "ok") | .found'

            The exit code is 0 without problems, 1 with.
            """
    )

    @Argument(
        help: ArgumentHelp("The types whose tasks the user handles. (default: those that have a work queue)", valueName: "type"),
        completion: .gridTypes, transform: Arguments.type)
    var types: [TaskType] = []
    @Option(key: "admin") var admin: KeyArgument?
    @Option(help: ArgumentHelp("The part of the grid whose user the broker's URL names.", valueName: "part"))
    var role = GridRole.all
    @Flag(help: "Print JSON, one object.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let configuration = try await grid.configuration([admin])
            let location = try configuration.location()
            let checked = CheckedGrid(endpoint: location.endpoint, topology: location.topology, role: role, types: types)
            let check = GridCheck(
                grid: checked,
                management: try configuration.managementInterfaces(beside: location.endpoint),
                // The report says what the connections would.
                logger: configuration.logger("taskgrid", default: .critical, hidesConnections: configuration.logLevel == nil)
            )
            let report = await check.report()
            if json {
                try await Output.standard.line(report.json)
            } else {
                for line in report.lines(width: Terminal.width(STDOUT_FILENO)) { try await Output.standard.line(line) }
            }
            try await Output.standard.flush()
            // Everything has been said.
            if report.count(.problem) > 0 { throw Failure(.failed, nil) }
        }
    }
}
