import Foundation
import LocalGrid
import TaskGridCore
import TestSupport
import Testing

@Suite("A type that the grid does not know", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct UnknownTypeTests {
    @Test func `every command that is given one fails with exit code 3 and lists the types`() async throws {
        try await FaultGrid.run { grid in
            try await grid.launch(.nameservice).ready()
            try await grid.start()
            for command in [
                ["workers", "nope"], ["stats", "nope"], ["tasks", "--type", "nope"], ["failed", "--type", "nope"],
                ["retry", "--type", "nope", "--yes"], ["pause", "nope"], ["resume", "nope"], ["types", "forget", "nope"],
                ["events", "--type", "nope"],
            ] {
                let run = try await CommandRun.run(command + ["--broker", grid.broker, "--prefix", grid.topology.prefix])
                #expect(run.reason == .exit && run.code == 3, "\(command): \(run)")
                #expect(run.errors.contains("error: the grid knows no type 'nope': it knows fault"), "\(command): \(run)")
            }
        }
    }

    @Test func `a shell completes the types that the grid knows`() async throws {
        try await FaultGrid.run { grid in
            try await grid.start()
            let script = """
                . <(\(Programs.taskgrid) --generate-completion-script bash)
                COMP_WORDS=(\(Programs.taskgrid) run ''); COMP_CWORD=2; COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
                _taskgrid 2>/dev/null
                echo "completed: ${COMPREPLY[*]}"
                """
            try script.write(toFile: grid.file("complete.bash"), atomically: true, encoding: .utf8)
            _ = try await grid.launchShell("bash \(grid.file("complete.bash"))").ended()
            let printed = try String(contentsOfFile: grid.file("client.log"), encoding: .utf8)
            #expect(printed.contains("completed: fault\n"), "\(printed)")
        }
    }
}
