import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Many payloads through a pipe", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct SubmitFileTests {
    @Test(arguments: ["submit", "run"])
    func `payloads are checked before any is sent, and the error names the line`(command: String) async throws {
        try await FaultGrid.run { grid in
            try await grid.start()
            let client = grid.launchShell(
                "(seq 3; head -c 4194305 /dev/zero | tr '\\0' x; echo; seq 4 1500) | \(Programs.taskgrid) \(command) fault --file -"
            )
            #expect(try await client.ended().ending == .exited(code: 1))
            let printed = try String(contentsOfFile: grid.file("client.log"), encoding: .utf8)
            #expect(printed.contains("line 4 of standard input has 4194305 bytes; at most 4194304"))
            #expect(try await grid.counters().submitted == 0)
        }
    }

    @Test func `after Ctrl-C, what was accepted has been printed with its ids`() async throws {
        try await FaultGrid.run { grid in
            try await grid.start()
            let pipe = grid.file("pipe")
            // Its other end stays open, so that the command waits for more.
            let client = grid.launchShell(
                "mkfifo \(pipe); (seq 700; exec sleep 30) > \(pipe) & exec \(Programs.taskgrid) submit fault --file - < \(pipe)"
            )
            _ = try await grid.probe.event(TypeEvent.self) { $0.states.submitted == 700 }
            try client.signal(SIGINT)
            #expect(try await client.ended().ending == .exited(code: 130))
            let lines = try String(contentsOfFile: grid.file("client.log"), encoding: .utf8).split(separator: "\n").map(String.init)
            var ids = lines.compactMap { Int64($0) }
            for line in lines {
                guard let match = line.wholeMatch(of: /lines \d+ to \d+ were accepted as tasks (\d+) to (\d+)/),
                    let first = Int64(match.1), let last = Int64(match.2)
                else { continue }
                ids += first...last
            }
            #expect(ids.sorted() == Array(1...700))
        }
    }
}
