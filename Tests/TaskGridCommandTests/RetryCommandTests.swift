import ArgumentParser
import Foundation
import TaskGridCore
import Testing

@testable import taskgrid

@Suite struct RetryCommandTests {
    private let now = Timestamp(rawValue: 1_767_225_600_000)

    @Test func `a time is a point in time or an age`() {
        func read(_ text: String) -> Int64? { MomentText.read(text, now: now).map { $0.rawValue - now.rawValue } }
        let hour: Int64 = 3_600_000
        for (text, offset) in [
            ("1h", -hour), ("-1h", -hour), ("1h30m", -hour - 1_800_000), ("90s", -90_000), ("0s", 0), ("2026-01-01", 0),
            ("2026-01-01T01:00", hour), ("2026-01-01 01:00", hour),
            ("2026-01-01T00:00:01", 1000), ("2026-01-01T00:00:01.250Z", 1250), ("2026-01-01T02:00+02:00", 0), ("2025-12-31T23:00Z", -hour),
            ("2025-12-31T20:30-02:30", -hour),
        ] as [(String, Int64)] {
            #expect(read(text) == offset, "\(text)")
        }
        for text in [
            "", "yesterday", "2026-13-01", "2026-02-30x", "2026-01-01T25:00", "--1h", "2026-02-30", "2026-02-29", "2026-04-31T10:00",
            "2026-01-00", "2026-01-01T00:00+99:00", "2026-01-01T01", "1969-12-31", "2026-01-01T",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
        // The output of the commands can be given back to them.
        #expect(MomentText.read("\(now + .milliseconds(125))", now: now) == now + .milliseconds(125))
    }

    @Test func `failed takes a filter for tasks`() throws {
        let command = try FailedCommand.parse(["--type", "sum", "--since", "2026-01-01", "--text", "no number", "--limit", "3"])
        #expect(
            command.filter.filter == TaskFilter(type: TaskType(literal: "sum"), state: .failed, completedSince: now, text: "no number")
        )
        #expect(command.filter.words == " of type sum since 2026-01-01T00:00:00.000Z with \"no number\" in their error")
        for wrong in [
            ["--limit", "0"], ["--since", "soon"], ["--text", ""], ["--since", "2026-01-02", "--until", "2026-01-01"], ["--type", "A B"],
        ] {
            #expect(throws: (any Error).self) { try FailedCommand.parse(wrong) }
        }
    }

    @Test func `retry takes ids or a filter for tasks`() throws {
        #expect(try RetryCommand.parse(["4", "-"]).ids.sources == [.id(4), .standardInput])
        #expect(try RetryCommand.parse(["--text", "refused", "--yes"]).ids.isEmpty)
        for wrong in [[], ["--yes"], ["4", "--type", "sum"], ["x"], ["0"]] {
            #expect(throws: (any Error).self) { try RetryCommand.parse(wrong) }
        }
        #expect(throws: (any Error).self) { try CancelCommand.parse([]) }
        #expect(try CancelCommand.parse(["1", "2"]).ids.sources == [.id(1), .id(2)])
    }

    @Test func `a table fits the terminal, and is whole without one`() throws {
        let task = TaskRecord(
            id: 4711, type: TaskType(literal: "sum"), payload: Data(), status: .failed, created: now, completed: now, attempt: 3,
            settings: TaskSettings(maxAttempts: 3),
            error: TaskError(.invalidInput, "item 2 is no number:\nit is \"x\", which is " + String(repeating: "long ", count: 40)),
            worker: "node7-812-4c1d9e02", key: "k"
        )
        for width in [60, 80, 120] {
            for line in FailedCommand.table([task]).lines(width: width) { #expect(line.count <= width, "\(line)") }
        }
        let lines = FailedCommand.table([task]).lines(width: nil)
        #expect(lines.count == 2 && lines[1].contains("it is \"x\"") && lines[1].hasSuffix("long"))
        #expect(lines[1].contains("2026-01-01T00:00:00Z") && lines[1].contains("4711"))
        #expect(FailedCommand.more(1234, last: 7) == "… 1,234 more: raise --limit, or go on with --before 7\n")
        #expect(FailedCommand.more(10_000, last: 7).hasPrefix("… more than 10,000 more"))
    }

    @Test func `a report counts the outcomes and sets the exit code`() {
        var report = CommandOutcomeReport()
        #expect(report.failure == nil && report.sentence("cancelled", "could not be") == "0 tasks cancelled")
        report.add(CommandOutcome(id: 1, outcome: .done, state: .queued))
        #expect(report.failure == nil && report.sentence("cancelled", "could not be") == "1 task cancelled")
        report.add(CommandOutcome(id: 2, outcome: .unknown))
        #expect(report.failure?.code == .unknown && report.sentence("cancelled", "could not be") == "1 task cancelled, 1 could not be")
        report.add(CommandOutcome(id: 3, outcome: .refused, state: .succeeded))
        #expect(report.failure?.code == .failed)
    }

    @Test func `each outcome has its reason`() {
        let before = CommandOutcome(id: 1, outcome: .refused, state: .cancelled)
        #expect(CancelCommand.meaning(before).outcome == .done)
        #expect(CancelCommand.meaning(CommandOutcome(id: 1, outcome: .refused, state: .failed)).outcome == .refused)
        #expect(CancelCommand.reason(CommandOutcome(id: 1, outcome: .refused, state: .failed)) == "task 1 has ended already: failed")
        #expect(CancelCommand.reason(CommandOutcome(id: 1, outcome: .unknown))?.contains("not known") == true)
        #expect(CancelCommand.reason(CommandOutcome(id: 1, outcome: .done)) == nil)
        #expect(RetryCommand.reason(CommandOutcome(id: 1, outcome: .done)) == nil)
        #expect(RetryCommand.reason(CommandOutcome(id: 1, outcome: .refused, state: .running)) == "task 1 has not ended: it is running")
        #expect(RetryCommand.reason(CommandOutcome(id: 1, outcome: .refused, state: .succeeded))?.contains("has succeeded") == true)
    }
}
