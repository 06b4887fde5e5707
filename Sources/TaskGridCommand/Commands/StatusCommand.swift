import ArgumentParser
import Foundation
import Synchronization
import TaskGridClient
import TaskGridCore

/// Shows tasks.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of tasks, and their attempts.",
        usage: "taskgrid status [<options>] <id> ...",
        discussion: """
            taskgrid status 17
            taskgrid status 17 18 19
            taskgrid status 17 --json | jq -r .state

            The exit code is 0 if all tasks are known, 3 if one is not.
            """
    )

    @OptionGroup var ids: TaskIDArguments
    @Flag(help: "Print JSON, a task a line, with payload, result and attempts.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        if ids.isEmpty { throw ValidationError("give the ids of tasks, or - to read them from standard input") }
    }

    func run() async throws {
        try await Failure.reported {
            var isAnyUnknown = false
            try await grid.withClient { [json] client in
                var isFirst = true
                try await ids.forEachPart { part, _ in
                    try await Self.each(of: part, atOnce: json ? Self.wholeAtOnce : Self.briefAtOnce) { id in
                        try await Self.find(id, client, isWhole: json)
                    } emit: { found in
                        switch found {
                        case .success(let record):
                            try await show(record, isFirst: isFirst)
                            isFirst = false
                        case .failure(let error):
                            isAnyUnknown = true
                            Terminal.tell("error: \(Terminal.plain(error.message))\n")
                        }
                    }
                }
            }
            if isAnyUnknown { throw Failure(.unknown, nil) }
        }
    }

    /// How many tasks are asked for at a time.
    private static let briefAtOnce = 32
    /// The same of tasks with their payloads and results, which may be large.
    private static let wholeAtOnce = 4

    /// Finds several at a time, and emits what was found in the order of the ids.
    static func each<Found: Sendable>(
        of ids: [TaskID], atOnce width: Int, find: @escaping @Sendable (TaskID) async throws -> Found,
        emit: (Found) async throws -> Void
    ) async throws {
        let rest = Mutex(ids[...])
        try await OrderedPipeline.run(width: width, read: { rest.withLock { $0.popFirst() } }, work: find, emit: emit)
    }

    /// - Returns: the task, or the error that says that it is not known.
    private static func find(_ id: TaskID, _ client: GridClient, isWhole: Bool) async throws -> Result<TaskRecord, ClientError> {
        do throws(ClientError) {
            // Without JSON, the beginning of a large payload is enough for a line.
            return .success(isWhole ? try await client.status(id) : try await client.ask(TaskQuery(id: id)))
        } catch {
            guard error.code == .unknownTask else { throw error }
            return .failure(error)
        }
    }

    private func show(_ record: TaskRecord, isFirst: Bool) async throws {
        guard !json else { return try await Output.standard.line(JSON.encode(TaskReport(record))) }
        if !isFirst { try await Output.standard.line("") }
        for line in Self.lines(record, width: Terminal.width(STDOUT_FILENO)) { try await Output.standard.line(line) }
    }

    static func lines(_ record: TaskRecord, width: Int?) -> [String] {
        var fields = [("task", "\(record.id)"), ("type", "\(record.type)"), ("state", "\(record.status)")]
        if !record.held.isEmpty { fields.append(("waits", Terminal.plain(record.held.joined(separator: "; ")))) }
        fields.append(("payload", shown(record.payload, of: record.payloadSize, width: width)))
        if let result = record.result { fields.append(("result", shown(result, of: record.resultSize, width: width))) }
        if let error = record.error { fields.append(("error", Terminal.plain(error.description))) }
        fields.append(("attempt", attempt(record)))
        fields.append(("accepted", record.created.description))
        if let due = record.due { fields.append(("due", due.description)) }
        if let completed = record.completed {
            fields.append(("ended", "\(completed), after \((completed - record.created).seconds) s"))
        }
        if let worker = record.worker { fields.append(("worker", Terminal.plain(worker))) }
        if record.settings.priority > 0 { fields.append(("priority", "\(record.settings.priority)")) }
        if let backoff = record.settings.backoff { fields.append(("backoff", backoff.description)) }
        if let timeout = record.settings.timeout { fields.append(("timeout", "\(timeout.seconds) s")) }
        if let expires = record.expires { fields.append(("expires", expires.description)) }
        fields.append(("key", Terminal.plain(record.key)))
        if let user = record.user { fields.append(("user", Terminal.plain(user))) }
        // A first attempt that succeeded, or runs, says nothing more than what stands above.
        if record.attempts.count > 1 || record.attempts.contains(where: { $0.error != nil }) {
            for attempt in record.attempts { fields.append(("attempt \(attempt.number)", Self.line(attempt))) }
        }
        let rows = fields.map { name, value in
            [name.padding(toLength: max(Self.nameWidth, name.count), withPad: " ", startingAt: 0), value]
        }
        return Table(headings: [], rows: rows).lines(width: width)
    }

    /// The attempt that the task is in. Attempts before a retry on request, and those that a worker's death ended, are numbered too, and do
    /// not count.
    private static func attempt(_ record: TaskRecord) -> String {
        let most = record.settings.maxAttempts ?? 1
        guard record.attempt > most else { return "\(record.attempt) of \(most)" }
        return "\(record.attempt) (\(most) may fail, beside those before a retry by hand and those that ended with their worker)"
    }

    /// The most characters of a payload or a result that are shown.
    private static let maximumShown = 1000

    /// So that the values of most tasks begin at the same column.
    private static let nameWidth = 9

    /// An attempt for a line: what became of it, when, for how long, with whom, and why.
    private static func line(_ attempt: Attempt) -> String {
        var words = [attempt.outcome.rawValue.replacing("_", with: " ")]
        if let time = attempt.ended ?? attempt.started { words.append("at \(time)") }
        if let runTime = attempt.runTime { words.append("after \(Double(runTime.milliseconds) / 1000) s") }
        if let worker = attempt.worker { words.append("with \(Terminal.plain(worker))") }
        return words.joined(separator: " ") + (attempt.error.map { ": \(Terminal.plain($0.description))" } ?? "")
    }

    /// Bytes for a line of the terminal; with how many there are, where these are not all.
    private static func shown(_ bytes: Data, of size: Int?, width: Int?) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "\(size ?? bytes.count) bytes, not text" }
        let head = text.prefix(Self.maximumShown)
        let line = Terminal.plain(String(head))
        let isCut = size != nil || head.endIndex < text.endIndex
        let whole = isCut ? "\(Terminal.grouped(size ?? bytes.count)) bytes, which --json prints all: \(line)…" : line
        return Line(whole).cut(to: width.map { max(Self.nameWidth, $0 - Self.nameWidth - 2) }).text
    }
}
