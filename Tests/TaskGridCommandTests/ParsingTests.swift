import AMQP
import ArgumentParser
import LocalGrid
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Command lines")
struct ParsingTests {
    private func parse(_ line: String) throws -> any ParsableCommand {
        try TaskGrid.parseAsRoot(line.split(separator: " ").map(String.init))
    }

    private func parse<Command>(_ line: String, as: Command.Type) throws -> Command { try #require(try parse(line) as? Command) }

    @Test(arguments: [
        "run reverse hello", "run reverse --file -", "submit hash --file words.txt --wait --json", "result 17 --wait --within 1m",
        "status 17 --json", "status 17 18 -", "run reverse --payload-file a.png", "run reverse hello --json", "result 17 --json", "up",
        "up --ports free --workers hash=4,wait=0 --data /tmp/grid", "workers", "workers hash --json",
        "run reverse hello --print0 --within 1m30s", "submit wait 1 --wait --print0", "test-client --patience 1m",
        "test-client --interval 1 --count 10 --log a.log --seed 7", "dispatcher --store a.sqlite --retention 7d --max-payload 10",
        "nameservice --broker amqp://a", "monitor --host ::1 --port 0", "worker hash upper --concurrency 16", "worker all",
        "broker --ports free --data /tmp/grid", "up --store postgresql --ports free",
        "chaos --store postgresql --faults database --nodes 3",
        "store check", "store check a.sqlite --json",
        "store check postgresql://grid@a,b/grid --password-file p --prefix team", "store copy a.sqlite postgresql://grid@a/grid",
        "store copy --abandon a.sqlite",
    ])
    func `these are understood`(line: String) throws {
        #expect(!(try parse(line) is TaskGrid))
    }

    @Test(arguments: [
        "nonsense", "run", "run Reverse hello", "run reverse hello --file words.txt", "run reverse hello --priority 10",
        "run reverse hello --max-attempts 0", "run reverse hello --max-attempts 2147483648", "submit reverse hello --timeout 400d",
        "submit reverse hello --timeout 0s", "submit reverse hello --delay 10001d", "submit reverse hello --delay soon",
        "submit reverse hello --timeout -1s", "result",
        "submit wait 1 --print0", "submit wait 1 --wait --json --print0", "result x", "result 0", "result 17 --within 1w", "status -1",
        "up --ports some", "up --ports", "workers Hash",
        "run wait 1 --within 0s", "result 17 --within 0s", "chaos --duration 0s", "chaos --workers 0",
        "chaos --faults database", "up --store mysql",
        "failed --limit 99999999999999999999",
        "errors hash --type sum",
        "status", "run reverse hello --payload-file a", "run reverse --file a --payload-file a", "run --type reverse a b",
        "up --workers foo=3", "up --workers hash=1,hash=2", "up --workers hash", "workers hash --type sum", "failed hash --type sum",
        "pause",
        "test-client --count 0", "test-client --count x", "test-client --interval 1e300d", "worker", "monitor extra",
        "broker --ports 1", "broker --broker amqp://a", "stats --broker amqp://a --broker amqp://b", "result 17 --within 1m",
        "dispatcher --unknown 1", "store copy a.sqlite", "store copy a.sqlite b.sqlite", "store copy postgresql://a/b a.sqlite",
        "store copy --abandon a.sqlite postgresql://a/b", "store check a b",
    ])
    func `these are wrong uses`(line: String) {
        let error = #expect(throws: (any Error).self) { try parse(line) }
        if let error { #expect(TaskGrid.exitCode(for: error).rawValue == 64, "\(TaskGrid.message(for: error))") }
    }

    @Test func `a wait for the end of a task has no limit unless one is given, and the help says so`() throws {
        #expect(try parse("result 17 --wait", as: ResultCommand.self).within == nil)
        #expect(try parse("run reverse hello", as: RunCommand.self).task.within == nil)
        for help in [ResultCommand.helpMessage(columns: 1000), RunCommand.helpMessage(columns: 1000)] {
            #expect(help.contains("--within <time>") && help.contains("as long as it takes"))
        }
    }

    @Test(arguments: [
        ("--timeout 400d", "the timeout of a task is from a millisecond to 366 days"),
        ("--max-attempts 2147483648", "'2147483648' is not a whole number from 1 to 2147483647"),
        ("--max-attempts 99999999999999999999999", "is not a whole number from 1 to 2147483647"),
        ("--max-attempts -1", "'-1' is not a whole number from 1 to 2147483647"),
        ("--priority 10", "'10' is not a whole number from 0 to 9"), ("--delay 10001d", "at most 10000d"),
        ("--expires 10001d", "at most 10000d"), ("--timeout -5s", "'-5s' is not a time such as 500ms"),
        ("--within -1s", "'-1s' is not a time such as 500ms"), ("--within 0s", "'0s' is no time to do anything in"),
    ])
    func `a setting out of its bounds is refused with the bounds`(option: String, message: String) {
        let error = #expect(throws: (any Error).self) { try parse("submit reverse hello \(option)") }
        if let error { #expect(TaskGrid.message(for: error).contains(message)) }
    }

    @Test(arguments: [
        "workers TYPE", "stats TYPE", "tasks TYPE", "failed TYPE", "errors TYPE", "events TYPE", "pause TYPE", "resume TYPE",
        "types forget TYPE",
        "worker TYPE", "run TYPE hello", "submit TYPE hello",
    ])
    func `a type is an argument or --type, wherever a command is about types`(line: String) throws {
        func type(_ command: any ParsableCommand) -> String? {
            switch command {
            case let command as WorkersCommand: command.only.type?.name
            case let command as StatsCommand: command.only.type?.name
            case let command as TasksCommand: command.filter.type?.name
            case let command as FailedCommand: command.filter.filter.type?.name
            case let command as ErrorsCommand: command.filter.filter.type?.name
            case let command as EventsCommand: command.only.type?.name
            case let command as PauseCommand: command.types.types.map(\.name).joined()
            case let command as ResumeCommand: command.types.types.map(\.name).joined()
            case let command as TypesForgetCommand: command.types.types.map(\.name).joined()
            case let command as WorkerRunCommand: command.types.joined()
            case let command as RunCommand: command.payloads.payload == "hello" ? command.payloads.type.name : nil
            case let command as SubmitCommand: command.payloads.payload == "hello" ? command.payloads.type.name : nil
            default: nil
            }
        }
        #expect(type(try parse(line.replacing("TYPE", with: "sum"))) == "sum")
        #expect(type(try parse(line.replacing("TYPE", with: "--type sum"))) == "sum")
    }

    @Test func `every line of a command's help fits a terminal of eighty columns as it is written, and names its values`() {
        func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
            [command] + command.configuration.subcommands.flatMap(all)
        }
        for command in all(TaskGrid.self) {
            for line in command.configuration.discussion.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            #expect(!command.configuration.abstract.isEmpty && !TaskGrid.helpMessage(for: command).contains("<argument>"), "\(command)")
        }
    }

    @Test func `a misspelt worker is refused with the type or the subcommand that was meant`() throws {
        for (name, meant) in [("hahs", "hash"), ("quite", "quiet")] {
            let failure = #expect(throws: Failure.self) { try WorkerRunCommand.workers([name]) }
            #expect(failure?.message?.hasSuffix("; did you mean '\(meant)'?") == true, "\(failure?.message ?? "")")
        }
    }

    @Test func `a negative number after an option of a setting is its value`() async throws {
        let command = try parse("worker hash --concurrency -1", as: WorkerRunCommand.self)
        #expect(command.concurrency?.text == "-1")
        #expect(throws: (any Error).self) { try parse("workers --grid --json") }
    }

    @Test func `up refuses workers that it cannot start before it starts anything, and says what it can`() throws {
        let error = #expect(throws: (any Error).self) { try parse("up --workers foo=3") }
        let message = error.map { TaskGrid.message(for: $0) } ?? ""
        #expect(message.contains("'foo'") && message.contains("reverse") && message.contains("a worker of your own"), "\(message)")
    }

    @Test func `a task's options are taken`() throws {
        let command = try parse(
            "submit wait 5 --priority 9 --delay 30s --expires 1h --max-attempts 5 --backoff linear:5s:1m --timeout 500ms --within 1m "
                + "--key order",
            as: SubmitCommand.self)
        #expect(command.payloads.type == TaskType(literal: "wait"))
        #expect(command.payloads.payload == "5")
        #expect(!command.payloads.areMany)
        let options = command.options(of: 0)
        #expect(options.settings.priority == 9)
        #expect(options.settings.delay == .seconds(30))
        #expect(options.settings.expiry == .seconds(3600))
        #expect(options.settings.maxAttempts == 5)
        #expect(options.settings.backoff == Backoff(base: .seconds(5), ceiling: .seconds(60), growth: .linear))
        #expect(options.settings.timeout == .milliseconds(500))
        #expect(options.deadline == .seconds(60))
        #expect(options.key == "order")
    }

    @Test func `the runs of a long submission have keys by their number, or none`() throws {
        let command = try parse("submit wait --file words.txt --key order", as: SubmitCommand.self)
        #expect([0, 1, 12].map { command.options(of: $0).key } == ["order", "order#1", "order#12"])
        #expect(try parse("submit wait --file words.txt", as: SubmitCommand.self).options(of: 3).key == nil)
    }

    @Test func `--grid and --data are the same, and arguments reach the configuration`() async throws {
        for name in ["--grid", "--data"] {
            let command = try parse(
                "workers \(name) /tmp/grid --prefix blue --queue-kind quorum --log-format json", as: WorkersCommand.self)
            let configuration = try await command.grid.configuration()
            #expect(configuration.folder.path == "/tmp/grid")
            #expect(configuration.topology == Topology(prefix: "blue", queueKind: .quorum))
            #expect(configuration.logFormat == .json)
        }
    }
}
