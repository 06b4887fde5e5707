import ArgumentParser
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridCommand

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
            "2026", "20261129", "-20261129", "0", "1.5", "10001d",
        ] {
            #expect(read(text) == nil, "\(text)")
        }
        // The output of the commands can be given back to them.
        #expect(MomentText.read("\(now + .milliseconds(125))", now: now) == now + .milliseconds(125))
    }

    @Test func `a time ago is taken with a minus sign and without`() throws {
        for text in ["1h", "-1h", "1h30m", "-1h30m"] {
            let times = [
                try FailedCommand.parse(["--since", text]).filter.since, try TasksCommand.parse(["--since", text]).since,
                try FailedCommand.parse(["--until", text]).filter.until,
            ]
            for time in times { #expect(try #require(time) < .now() - .seconds(3000), "\(text)") }
        }
    }

    @Test func `a number without a unit, which may be a year or a date, is refused with what to write`() {
        for options in [["--since", "20261129"], ["--until", "2026"]] {
            let error = #expect(throws: (any Error).self) { try FailedCommand.parse(options) }
            let message = error.map { FailedCommand.message(for: $0) } ?? ""
            #expect(message.contains("a time ago with its unit such as 90s") && message.contains("2026-11-23,"), "\(message)")
        }
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
        #expect(try RetryCommand.parse(["4", "-"]).tasks.ids.sources == [.id(4), .standardInput])
        #expect(try RetryCommand.parse(["--text", "refused", "--yes"]).tasks.ids.isEmpty)
        for wrong in [[], ["--yes"], ["4", "--type", "sum"], ["x"], ["0"]] {
            #expect(throws: (any Error).self) { try RetryCommand.parse(wrong) }
        }
        #expect(throws: (any Error).self) { try CancelCommand.parse([]) }
        #expect(try CancelCommand.parse(["1", "2"]).tasks.ids.sources == [.id(1), .id(2)])
    }

    @Test func `retry and cancel take the same options for all tasks that match`() throws {
        let options = ["--type", "sum", "--since", "2026-01-01", "--error", "failed: no row 7", "--count", "802"]
        let retry = try RetryCommand.parse(options + ["--state", "cancelled"]).tasks
        #expect(retry.bulk.count == 802 && retry.bulk.state == .cancelled && !retry.bulk.asksFirst)
        #expect(retry.filter.filter.errorGroup?.description == "failed: no row #" && retry.filter.filter.completedSince != nil)
        let cancel = try CancelCommand.parse(options + ["--state", "pending"]).tasks
        #expect(cancel.filter.openFilter.createdSince != nil && cancel.filter.openFilter.completedSince == nil)
        for wrong in [["4", "--state", "failed"], ["--state", "lost"], ["--type", "sum", "--count", "0"]] {
            #expect(throws: (any Error).self) { try RetryCommand.parse(wrong) }
            #expect(throws: (any Error).self) { try CancelCommand.parse(wrong) }
        }
    }

    @Test func `a kind of error is taken as taskgrid errors prints it`() {
        let kinds = ["failed: no row #", "failed: esc \u{1B}[#m red \u{202E} bidi", "failed: \(String(repeating: "\u{1}", count: 190))"]
        for kind in kinds {
            #expect(FilterOptions.group(printedAs: Terminal.plain(kind), among: kinds).description == kind)
        }
        #expect(FilterOptions.group(printedAs: "failed: a·b 7", among: kinds).description == "failed: a·b #")
    }

    @Test func `if no task has the error, the message says where the whole text is`() {
        let filter = TaskFilter(type: TaskType(literal: "sum"), errorGroup: ErrorGroup(text: "failed"))
        #expect(
            FilterOptions.none("failed tasks of type sum", filter)
                == "no failed tasks of type sum; 'taskgrid errors --wide' prints the kinds of errors whole\n")
        #expect(FilterOptions.none("failed tasks", TaskFilter()) == "no failed tasks\n")
    }

    @Test func `the end of a bulk action is told as a sentence`() {
        var action = BulkAction(id: "b", kind: .retry, filter: TaskFilter(), expected: 802, started: now)
        (action.state, action.done) = (.finished, 1)
        #expect(BulkRun.sentence(action) == "1 task will be done again")
        (action.done, action.refused) = (800, 2)
        #expect(BulkRun.sentence(action) == "800 tasks will be done again, 2 will not: their state has changed")
        (action.state, action.refused) = (.exceeded, 0)
        #expect(
            BulkRun.sentence(action, left: 1200)
                == "800 tasks will be done again; stopped, because more tasks match than the 802 that were expected: 1,200 that match are left"
        )
        #expect(BulkRun.sentence(action).hasSuffix("that were expected: the others are left as they are"))
        (action.kind, action.state) = (.cancel, .stopped)
        #expect(BulkRun.sentence(action) == "800 tasks cancelled; stopped on request")
    }

    @Test func `stopping a bulk action that has ended says so`() {
        var action = BulkAction(id: "b", kind: .retry, filter: TaskFilter(), expected: 125, started: now)
        action.done = 125
        #expect(BulkCommand.Stop.line(action) == "125 tasks will be done again")
        action.state = .finished
        #expect(BulkCommand.Stop.line(action) == "it has ended already: 125 tasks will be done again")
        action.state = .exceeded
        #expect(BulkCommand.Stop.line(action).hasPrefix("it has ended already: 125 tasks"))
    }

    @Test func `worker runs types, and asks a worker by its id`() throws {
        #expect(try WorkerCommand.parseAsRoot(["reverse", "--concurrency", "4"]) is WorkerRunCommand)
        #expect((try WorkerCommand.parseAsRoot(["quiet", "vm-1"]) as? WorkerCommand.Quiet)?.worker.id == "vm-1")
        #expect(throws: (any Error).self) { try WorkerCommand.parseAsRoot(["stop"]) }
    }

    @Test func `a worker that was asked has done so once its heartbeat says it`() {
        var worker = RegistryMessage(
            worker: "w", host: "h", pid: 1, version: "1", types: [TaskType(literal: "sum")], concurrency: 1, prefetch: 1, batch: true,
            started: now, running: [.init(task: 1, attempt: 1)])
        #expect(WorkerArgument.line(.quiet, to: "w", shownBy: worker) == nil)
        #expect(WorkerArgument.line(.resume, to: "w", shownBy: worker) == "w takes tasks")
        #expect(WorkerArgument.line(.stop, to: "w", shownBy: worker) == nil)
        worker.quiet = true
        #expect(WorkerArgument.line(.quiet, to: "w", shownBy: worker) == "w is quiet: it takes no more tasks; it still runs 1 task")
        let restart = "; a supervisor, such as 'taskgrid up', starts another in its place"
        #expect(WorkerArgument.line(.stop, to: "w", shownBy: nil) == "w has stopped\(restart)")
        worker.draining = true
        #expect(WorkerArgument.line(.stop, to: "w", shownBy: worker) == "w stops; it still runs 1 task\(restart)")
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
        #expect(RetryCommand.reason(CommandOutcome(id: 1, outcome: .refused, state: .running)) == "task 1 has not ended: it is running")
        #expect(RetryCommand.reason(CommandOutcome(id: 1, outcome: .refused, state: .succeeded)).contains("has succeeded"))
    }
}
