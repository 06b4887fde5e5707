import ArgumentParser
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite struct CompletionTests {
    @Test func `a completion means the grid that the command line means`() {
        let words = ["---completion", "run", "--", "type", "taskgrid", "run", "--grid", "/tmp/a b", "--priority", "3", "--prefix=blue"]
        #expect(TypeCompletion.gridArguments(words) == ["--grid", "/tmp/a b", "--prefix=blue"])
        #expect(TypeCompletion.gridArguments(["run", "--broker"]) == [])
    }

    @Test(arguments: ["run", "submit", "tasks", "failed", "errors", "retry", "workers", "stats", "events", "pause", "resume", "worker"])
    func `a type is completed by the grid's types wherever one is written`(command: String) throws {
        let script = TaskGrid.completionScript(for: .bash)
        // A worker is run by a subcommand, which is the default.
        let name = command == "worker" ? "worker_run" : command
        let begin = try #require(script.firstRange(of: "_taskgrid_\(name)() {"))
        let end = try #require(script[begin.upperBound...].firstRange(of: "\n}\n"))
        let function = script[begin.upperBound..<end.lowerBound]
        #expect(function.contains(command == "worker" ? "reverse" : "---completion \(command) --"), "\(command)")
    }

    @Test(arguments: ["broker-password-file", "broker-ca"])
    func `a setting that names a file is an option, which is completed by files`(name: String) async throws {
        let script = TaskGrid.completionScript(for: .bash)
        let begin = try #require(script.firstRange(of: "_taskgrid_stats() {"))
        #expect(script[begin.upperBound...].contains("'--\(name)')\n        __taskgrid_add_completions -f\n"))
        #expect(TypeCompletion.gridArguments(["run", "--\(name)", "/file"]) == ["--\(name)", "/file"])
        let grid = try GridOptions.parse(["--broker", "amqp://user@host", "--\(name)", "/file"])
        #expect(try await grid.configuration().program.sources.text(name)?.text == "/file")
    }

    @Test func `the kinds of events, and the states of tasks, are completed`() throws {
        let script = TaskGrid.completionScript(for: .bash)
        for (command, words) in [("events", ["task", "worker", "grid"]), ("retry", TaskState.allCases.map(\.name))] {
            let begin = try #require(script.firstRange(of: "_taskgrid_\(command)() {"))
            let end = try #require(script[begin.upperBound...].firstRange(of: "\n}\n"))
            let list = words.map { "'\($0)'" }.joined(separator: "$'\\n'")
            #expect(script[begin.upperBound..<end.lowerBound].contains("-W \(list)"), "\(command)")
        }
    }

    @Test(arguments: ["quiet", "resume", "stop"]) func `a worker that is asked is completed by the ids of the live ones`(command: String) {
        #expect(TaskGrid.completionScript(for: .bash).contains("---completion worker \(command) --"))
    }
}
