import ArgumentParser
import Foundation
import Monitor
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Commands that show tasks, types and events") struct SearchCommandTests {
    private let now = Timestamp(rawValue: 1_767_225_600_000)

    @Test func `tasks takes a filter for tasks`() throws {
        let command = try TasksCommand.parse([
            "--type", "sum", "--state", "running", "--since", "2026-01-01", "--text", "x", "--before", "9",
        ])
        #expect(command.filter == TaskFilter(type: TaskType(literal: "sum"), state: .running, createdSince: now, text: "x"))
        #expect(command.list.before == 9 && command.list.limit == 20)
        #expect(try TasksCommand.parse(["--error", "failed: no row 7"]).filter.errorGroup?.description == "failed: no row #")
        for wrong in [
            ["--limit", "0"], ["--since", "soon"], ["--text", ""], ["--since", "2026-01-02", "--until", "2026-01-01"], ["--state", "lost"],
            ["--id", "0"], ["Sum"], ["sum", "--type", "hash"],
        ] {
            #expect(throws: (any Error).self) { try TasksCommand.parse(wrong) }
        }
    }

    @Test func `the table of tasks fits the terminal`() {
        let task = TaskRecord(
            id: 4711, type: TaskType(literal: "sum"), payload: Data(), status: .failed, created: now, completed: now, attempt: 3,
            settings: TaskSettings(maxAttempts: 3),
            error: TaskError(.failed, String(repeating: "long \n", count: 40)), worker: "node7-812-4c1d9e02", key: "k"
        )
        for width in [40, 60, 80, 120] {
            for line in TasksCommand.table([task]).lines(width: width) { #expect(line.count <= width && !line.contains("\n"), "\(line)") }
        }
        #expect(TasksCommand.table([task]).lines(width: nil)[1].contains("4711  sum   failed  2026-01-01T00:00:00Z"))
    }

    @Test func `stats shows each type and its problems`() {
        var open = TaskCounts()
        open.pending = 1234
        open.submitted = 1234
        let types = [
            TaskType(literal: "hash"): open, TaskType(literal: "sum"): TaskCounts(), TaskType(literal: "upper"): open,
            TaskType(literal: "wait"): TaskCounts(),
        ]
        let worker = RegistryMessage(
            worker: "w", host: "h", pid: 1, version: "1", types: [TaskType(literal: "upper")], concurrency: 1, prefetch: 1, batch: false,
            started: now
        )
        let answer = CountsQuery.Answer(
            store: "s", types: types, paused: [TaskType(literal: "upper")], breakers: [TaskType(literal: "wait"): .halfOpen]
        )
        let report = StatsCommand.Report(answer, [LiveWorker(worker: worker, lastSeen: now)], only: nil)
        let lines = StatsCommand.table(report).lines(width: nil)
        #expect(lines.count == 5 && lines[1].hasPrefix("hash") && lines[1].contains("1,234"))
        #expect(lines[1].hasSuffix("no worker") && lines[2].hasSuffix("ok") && lines[3].hasSuffix("paused"))
        #expect(lines[4].hasSuffix("breaker half open"))
        #expect(StatsCommand.Report(answer, [], only: TaskType(literal: "sum")).types.count == 1)
    }

    @Test(arguments: [TaskState.pending, .scheduled, .queued])
    func `stats says that tasks wait where no worker takes them`(state: TaskState) {
        let hash = TaskType(literal: "hash")
        var counts = TaskCounts()
        counts[state] = 1
        var worker = RegistryMessage(
            worker: "w", host: "h", pid: 1, version: "1", types: [hash], concurrency: 1, prefetch: 1, batch: false, started: now)
        func line(_ counts: TaskCounts, _ workers: [RegistryMessage]) -> String {
            let report = StatsCommand.Report(
                CountsQuery.Answer(store: "s", types: [hash: counts]), workers.map { LiveWorker(worker: $0, lastSeen: now) }, only: nil)
            return StatsCommand.table(report).lines(width: nil)[1]
        }
        #expect(line(counts, []).hasSuffix("no worker") && line(counts, [worker]).hasSuffix("ok"))
        worker.quiet = true
        #expect(line(counts, [worker]).hasSuffix("no worker takes tasks") && line(TaskCounts(), [worker]).hasSuffix("ok"))
    }

    @Test func `forget reports the outcome for each type, and what to do if it is in use`() throws {
        #expect(try TypesForgetCommand.parse(["sum", "hash"]).types.types.map(\.name) == ["sum", "hash"])
        #expect(throws: (any Error).self) { try TypesForgetCommand.parse([]) }
        let sum = TaskType(literal: "sum")
        func line(_ reason: ForgetOutcome.Reason) -> String {
            TypesForgetCommand.line(ForgetOutcome(type: sum, outcome: .refused, reason: reason))
        }
        #expect(TypesForgetCommand.line(ForgetOutcome(type: sum, outcome: .done)) == "sum is forgotten")
        #expect(TypesForgetCommand.line(ForgetOutcome(type: sum, outcome: .unknown)) == "sum is not known")
        #expect(line(.workers).contains("taskgrid workers sum") && line(.paused).contains("taskgrid resume sum"))
        #expect(line(.tasks).contains("cancel") && line(.history).contains("pruned"))
    }

    @Test func `types are listed with their workers, and with tasks that are open and that have ended`() throws {
        let (sum, hash) = (TaskType(literal: "sum"), TaskType(literal: "hash"))
        var counts = TaskCounts()
        (counts.submitted, counts.pending, counts.running, counts.failed) = (1009, 4, 2, 1003)
        let worker = RegistryMessage(
            worker: "w", host: "h", pid: 1, version: "1", types: [sum], concurrency: 1, prefetch: 1, batch: false,
            started: Timestamp(rawValue: 1))
        let entries = TypesListCommand.entries(
            [sum: counts, hash: TaskCounts()], [LiveWorker(worker: worker, lastSeen: Timestamp(rawValue: 1))])
        #expect(entries.map(\.type) == [hash, sum] && entries.map(\.workers) == [0, 1] && entries.map(\.open) == [0, 6])
        #expect(entries.map(\.ended) == [0, 1003])
        #expect(TypesListCommand.table(entries).lines(width: 80).count == 3)
    }

    @Test func `pause reports the outcome for each type`() throws {
        #expect(try PauseCommand.parse(["sum", "hash"]).types.types.map(\.name) == ["sum", "hash"])
        for wrong in [[], ["Sum"]] { #expect(throws: (any Error).self) { try ResumeCommand.parse(wrong) } }
        func line(_ outcome: PauseOutcome.Kind) -> String {
            TypeArguments.line(
                PauseOutcome(type: TaskType(literal: "sum"), outcome: outcome), done: "paused", unchanged: "was paused before")
        }
        #expect(line(.done) == "sum is paused" && line(.unchanged) == "sum was paused before" && line(.unknown).contains("not known"))
    }

    @Test func `each event is one line`() throws {
        var news = WorkerEventFilter()
        func line(_ key: String, _ event: some Encodable, json: Bool = false) throws -> String {
            String(decoding: try #require(try EventsCommand.line(key, JSON.encode(event), json: json, passing: &news)), as: UTF8.self)
        }
        var states = TaskCounts()
        states.submitted = 3
        states.running = 1
        states.succeeded = 2
        let task = TypeEvent(type: TaskType(literal: "sum"), store: "s", at: now, states: states, paused: true)
        #expect(try line("task.sum", task) == "2026-01-01T00:00:00.000Z  task    sum: running 1, succeeded 2, paused")
        let grid = GridEvent(kind: .warning, service: "dispatcher", at: now, message: "one\ntwo")
        #expect(try line("grid.warning", grid) == "2026-01-01T00:00:00.000Z  grid    warning, dispatcher: one·two")
        let json = try JSONSerialization.jsonObject(with: Data(try line("grid.warning", grid, json: true).utf8)) as? [String: Any]
        #expect(json?["key"] as? String == "grid.warning" && json?["message"] as? String == "one\ntwo")
        #expect(try EventsCommand.line("other.thing", Data(), json: false, passing: &news) == nil)
        #expect(throws: WireError.self) { try EventsCommand.line("task.sum", Data("{}".utf8), json: false, passing: &news) }
        #expect(try EventsCommand.parse(["--kind", "grid,worker", "--for", "2s"]).kind == [.grid, .worker])
        #expect(throws: (any Error).self) { try EventsCommand.parse(["--kind", "all"]) }
    }

    @Test func `what two nameservices tell of a worker is one line`() throws {
        let worker = RegistryMessage(
            worker: "w", host: "h", pid: 1, version: "1", types: [TaskType(literal: "sum")], concurrency: 1, prefetch: 1, batch: false,
            started: now
        )
        var news = WorkerEventFilter()
        let events = [WorkerEvent.Kind.joined, .joined, .left, .left].map { WorkerEvent(kind: $0, at: now, worker: worker) }
        let lines = try events.map { event in
            try EventsCommand.line("worker.\(event.kind.rawValue)", JSON.encode(event), json: false, passing: &news)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(
            lines == ["2026-01-01T00:00:00.000Z  worker  w joined: sum", nil, "2026-01-01T00:00:00.000Z  worker  w left: sum", nil])
    }

    @Test func `workers have their times in JSON as tasks have, and nothing where one does not say`() throws {
        var worker = RegistryMessage(
            worker: "w", host: "h", pid: 1, version: "1", types: [TaskType(literal: "sum")], concurrency: 1, prefetch: 1, batch: false,
            started: now
        )
        func json() throws -> [String: Any] {
            let data = JSON.encode(LiveWorkerReport(LiveWorker(worker: worker, lastSeen: now + .seconds(1))))
            return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }
        #expect(try json()["last_seen"] as? String == "2026-01-01T00:00:01.000Z")
        let message = try #require(try json()["worker"] as? [String: Any])
        #expect(message["worker"] as? String == "w" && message["types"] as? [String] == ["sum"] && message["pid"] as? Int == 1)
        #expect(message["started"] as? String == "2026-01-01T00:00:00.000Z")
        worker.started = Timestamp(rawValue: 0)
        #expect(try (json()["worker"] as? [String: Any])?["started"] is NSNull)
    }

    @Test func `groups of failures and bulk actions have in JSON the fields that the monitor has`() throws {
        func json(_ value: some Encodable) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: JSON.encode(value)) as? [String: Any])
        }
        let (type, later) = (TaskType(literal: "sum"), now + .seconds(1))
        let group = try json(
            FailureGroupReport(FailureGroup(type: type, error: "a #", count: 2, example: "a 1", newest: 9, first: now, last: later)))
        #expect(group["first"] as? String == "2026-01-01T00:00:00.000Z" && group["last"] as? String == "2026-01-01T00:00:01.000Z")
        let filter = TaskFilter(type: type, state: .failed, errorGroup: ErrorGroup(text: "a #"))
        let action = try json(BulkActionReport(BulkAction(id: "b", kind: .retry, filter: filter, expected: 2, started: now)))
        #expect(
            action["type"] as? String == "sum" && action["task_state"] as? String == "failed" && action["error_group"] as? String == "a #")
        #expect(action["started"] as? String == "2026-01-01T00:00:00.000Z" && action["ended"] is NSNull && action["filter"] == nil)
    }

    @Test func `errors shows the most frequent kinds, and says how many more there are`() throws {
        let groups = (1...25).map { number in
            FailureGroup(
                type: TaskType(literal: "sum"), error: "failed: \(number)", count: 30 - number, example: "x", newest: 1, first: now,
                last: now)
        }
        #expect(try ErrorsCommand.parse([]).limit == 20 && ErrorsCommand.parse(["--limit", "3"]).limit == 3)
        #expect(throws: (any Error).self) { try ErrorsCommand.parse(["--limit", "0"]) }
        #expect(ErrorsCommand.table(groups.prefix(3)).rows.map { $0[0] } == ["29", "28", "27"])
        func more(_ shown: Int, others: Int = 0) -> String? { ErrorsCommand.more(groups.dropFirst(shown), others: others) }
        #expect(more(25) == nil)
        #expect(more(20) == "… 5 more kinds of errors, with 35 tasks: raise --limit, or narrow them by --type or --since\n")
        #expect(more(24) == "… 1 more kind of errors, with 5 tasks: raise --limit, or narrow them by --type or --since\n")
        #expect(
            more(24, others: 1000)
                == "… more than 1 more kinds of errors, with 1,005 tasks: raise --limit, or narrow them by --type or --since\n")
        #expect(more(25, others: 1000) == "… 1,000 tasks of more kinds: narrow them by --type or --since\n")
    }

    @Test func `a payload that came cut is shown with the size of the whole`() {
        var task = TaskRecord(
            id: 7, type: TaskType(literal: "sum"), payload: Data("abc".utf8), status: .pending, created: now,
            settings: TaskSettings(maxAttempts: 3), key: "k",
            payloadSize: 4 << 20)
        #expect(StatusCommand.lines(task, width: nil).contains { $0.contains("4,194,304 bytes") && $0.hasSuffix("abc…") })
        task.payloadSize = nil
        #expect(StatusCommand.lines(task, width: nil).contains("payload    abc"))
    }

    @Test func `of a payload or a result that is too long for a line the beginning is shown, with a mark and the size of the whole`() {
        var task = TaskRecord(
            id: 7, type: TaskType(literal: "sum"), payload: Data(String(repeating: "x", count: 5000).utf8), status: .succeeded,
            created: now,
            settings: TaskSettings(), key: "k")
        task.result = Data(String(repeating: "🇦🇹", count: 1001).utf8)
        let lines = StatusCommand.lines(task, width: nil)
        #expect(lines.contains("payload    5,000 bytes, which --json prints all: " + String(repeating: "x", count: 1000) + "…"))
        #expect(lines.contains("result     8,008 bytes, which --json prints all: " + String(repeating: "🇦🇹", count: 1000) + "…"))
        task.result = Data(String(repeating: "y", count: 1000).utf8)
        #expect(StatusCommand.lines(task, width: nil).contains("result     " + String(repeating: "y", count: 1000)))
    }

    @Test(.timeLimit(.minutes(1))) func `status asks for several tasks at a time, and shows them in the order of their ids`() async throws {
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        var shown: [TaskID] = []
        try await StatusCommand.each(of: [5, 3, 9, 1], atOnce: 3) { id in
            // The first is found only once the third was asked for.
            if id == 9 { open.finish() }
            if id == 5 { for await _ in opened {} }
            return id
        } emit: { id in
            shown.append(id)
        }
        #expect(shown == [5, 3, 9, 1])
    }

    @Test func `status shows the attempts of a task`() {
        var task = TaskRecord(
            id: 7, type: TaskType(literal: "sum"), payload: Data(), status: .succeeded, created: now, attempt: 2,
            settings: TaskSettings(maxAttempts: 3), key: "k")
        task.attempts = [.ended(1, .succeeded, at: now, after: .seconds(1), worker: "w")]
        #expect(!StatusCommand.lines(task, width: nil).contains { $0.hasPrefix("try") })
        task.attempts = [
            .ended(1, .timedOut, at: now, after: .milliseconds(1500), worker: "w1", error: TaskError(.timedOut, "long")),
            .ended(2, .succeeded, at: now, after: nil, worker: nil),
        ]
        let lines = StatusCommand.lines(task, width: nil)
        #expect(lines.contains("attempt 1  timed out at 2026-01-01T00:00:00.000Z after 1.5 s with w1: timed_out: long"))
        #expect(lines.contains("attempt 2  succeeded at 2026-01-01T00:00:00.000Z"))
        #expect(lines.contains("attempt    2 of 3"))
        task.attempt = 4
        let more = StatusCommand.lines(task, width: nil).first { $0.hasPrefix("attempt    4") }
        #expect(
            more == "attempt    4 (3 may fail, beside those before a retry by hand and those that ended with their worker)")
    }

    @Test func `tokens cannot be guessed`() async throws {
        let tokens = (0..<100).map { _ in MonitorToken.random() }
        #expect(Set(tokens).count == 100 && tokens.allSatisfy { $0.count == 32 })
    }

    @Test func `the monitor's token is read from its file`() async throws {
        func configuration(_ variables: [String: String]) async throws -> Configuration {
            try Configuration(try await SettingSources(arguments: [:], file: nil, environment: variables))
        }
        let set = try await configuration(["TASKGRID_MONITOR_TOKEN": "sixteen-bytes-or-more", "TASKGRID_MONITOR_PROTECT_READING": "on"])
        #expect(set.monitor.token == "sixteen-bytes-or-more" && set.monitor.protectsReading)
        #expect(try await configuration([:]).monitor.token == nil)
        let short = await #expect(throws: SettingError.self) { _ = try await configuration(["TASKGRID_MONITOR_TOKEN": "tooshort-secret"]) }
        #expect(short?.message.contains("TASKGRID_MONITOR_TOKEN") == true && short?.message.contains("secret") == false)
    }
}
