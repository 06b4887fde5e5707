import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridCore

/// Shows a task.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of a task, and its attempts.",
        usage: "taskgrid status [<options>] <id>",
        discussion: """
            The exit code is 0 if the task is known, 3 if it is not.
              taskgrid status 17
              taskgrid status 17 --json | jq -r .status
            """
    )

    @Argument(help: "The task's id.", transform: Arguments.id)
    var id: TaskID
    @Flag(help: "Print the task as JSON.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            try await grid.withClient { client in
                guard !json else { return try await Output.standard.line(JSON.encode(try await client.status(id))) }
                // The beginning of a large payload is enough for a line.
                let record = try await client.ask(TaskQuery(id: id))
                let width = Terminal.width(STDOUT_FILENO)
                for line in Self.lines(record, width: width) { try await Output.standard.line(line) }
            }
        }
    }

    static func lines(_ record: TaskRecord, width: Int?) -> [String] {
        var fields = [("task", "\(record.id)"), ("type", "\(record.type)"), ("status", "\(record.status)")]
        fields.append(("payload", shown(record.payload, record.payloadSize)))
        if let result = record.result { fields.append(("result", shown(result, record.resultSize))) }
        if let error = record.error { fields.append(("error", Terminal.plain(error.description))) }
        fields.append(("attempt", "\(record.attempt) of \(record.settings.maxAttempts ?? 1)"))
        fields.append(("created", record.created.description))
        if let due = record.due { fields.append(("due", due.description)) }
        if let completed = record.completed {
            fields.append(("completed", "\(completed), after \((completed - record.created).seconds) s"))
        }
        if let worker = record.worker { fields.append(("worker", Terminal.plain(worker))) }
        if record.settings.priority > 0 { fields.append(("priority", "\(record.settings.priority)")) }
        if let backoff = record.settings.backoff { fields.append(("backoff", backoff.description)) }
        if let timeout = record.settings.timeout { fields.append(("timeout", "\(timeout.seconds) s")) }
        if let expires = record.expires { fields.append(("expires", expires.description)) }
        fields.append(("key", Terminal.plain(record.key)))
        // A first attempt that succeeded, or runs, says nothing more than what stands above.
        if record.attempts.count > 1 || record.attempts.contains(where: { $0.error != nil }) {
            for attempt in record.attempts { fields.append(("attempt \(attempt.number)", Self.line(attempt))) }
        }
        return fields.map { name, value in
            let line = name.padding(toLength: max(11, name.count + 1), withPad: " ", startingAt: 0) + value
            guard let width, line.count > width else { return line }
            return line.prefix(width - 1) + "…"
        }
    }

    /// An attempt for a line: what became of it, when, for how long, with whom, and why.
    private static func line(_ attempt: Attempt) -> String {
        var words = [attempt.outcome.rawValue.replacing("_", with: " ")]
        if let time = attempt.ended ?? attempt.started { words.append("at \(time)") }
        if let runTime = attempt.runTime { words.append("after \(Double(runTime.milliseconds) / 1000) s") }
        if let worker = attempt.worker { words.append("with \(Terminal.plain(worker))") }
        return words.joined(separator: " ") + (attempt.error.map { ": \(Terminal.plain($0.description))" } ?? "")
    }

    /// Bytes for a line of the terminal; with how many there are, where these are not all.
    private static func shown(_ bytes: Data, _ size: Int?) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "\(size ?? bytes.count) bytes, not text" }
        let line = Terminal.plain(String(text.prefix(1000)))
        return size.map { "\(Terminal.grouped($0)) bytes, which --json prints all: \(line)" } ?? line
    }
}
