import AMQP
import ArgumentParser
import Foundation
import TaskGridCore

/// The messages that nobody could read.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "List, show and purge dead letters: messages that their receivers could not read.",
        usage: "taskgrid dead [list | show | purge]",
        discussion: """
            A dead letter is not a task: no task waits for it. It shows a program that
            sends what the grid's wire does not allow.
              taskgrid dead
              taskgrid dead show 3f09a1c2
              taskgrid dead purge
            """,
        subcommands: [DeadListCommand.self, DeadShowCommand.self, DeadPurgeCommand.self],
        defaultSubcommand: DeadListCommand.self
    )
}

/// Lists dead letters.
struct DeadListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List dead letters, the newest first. They stay in the queue.",
        usage: "taskgrid dead list [<options>]",
        discussion: """
            taskgrid dead
            taskgrid dead list --limit 100 --wide
            taskgrid dead list --json | jq -r .reason | sort | uniq -c
            """
    )

    @Option(help: ArgumentHelp("How many to show.", valueName: "count"))
    var limit = FailedCommand.screenful
    @Flag(help: "Show reasons whole, however wide the terminal is.")
    var wide = false
    @Flag(help: "Print JSON, a letter a line, with its headers and its body.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit is at least 1, not \(limit)") }
    }

    func run() async throws {
        try await Failure.reported {
            let letters = try await DeadLetterQueue.withQueue(of: grid) { try await $0.letters() }
            guard !letters.isEmpty else { return Terminal.tell("no dead letters\n") }
            let shown = Array(letters.reversed().prefix(limit))
            if json {
                for letter in shown { try await Output.standard.line(JSON.encode(letter)) }
            } else {
                let width = wide ? nil : Terminal.width(STDOUT_FILENO)
                for line in Self.table(shown).lines(width: width) { try await Output.standard.line(line) }
            }
            let rest = letters.count - shown.count
            if rest > 0 { Terminal.tell("… \(Terminal.grouped(rest)) more: raise --limit\n") }
        }
    }

    static func table(_ letters: [DeadLetter]) -> Table {
        var table = Table(headings: ["ID", "DEAD AT", "TYPE", "FROM", "BYTES", "REASON"], numeric: [4], free: [5], lesser: [4, 3])
        table.rows = letters.map { letter in
            [
                letter.id, letter.at.map { "\($0.description.prefix(19))Z" } ?? "-", Terminal.plain(letter.type ?? "-"),
                Terminal.plain(letter.source ?? "-"), Terminal.grouped(letter.size), Terminal.plain(letter.reason),
            ]
        }
        return table
    }
}

/// Shows dead letters whole.
struct DeadShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show dead letters with their headers and their bodies. They stay in the queue.",
        usage: "taskgrid dead show [<options>] <id> ...",
        discussion: """
            taskgrid dead show 3f09a1c2
            taskgrid dead show 3f09a1c2 --json | jq .headers

            Of a large body the first 64 KiB are kept. The exit code is 3 if an id is not
            that of a dead letter (any more).
            """
    )

    @Argument(help: ArgumentHelp("Ids of dead letters, as 'taskgrid dead' lists them.", valueName: "id"))
    var ids: [String]
    @Flag(help: "Print JSON, a letter a line.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            let letters = try await DeadLetterQueue.withQueue(of: grid) { try await $0.letters() }
            let known = Dictionary(letters.map { ($0.id, $0) }) { $1 }
            var isAnyUnknown = false
            for (index, id) in ids.enumerated() {
                guard let letter = known[id.lowercased()] else {
                    Terminal.tell("error: there is no dead letter '\(Terminal.plain(id))': 'taskgrid dead' lists them\n")
                    isAnyUnknown = true
                    continue
                }
                if json {
                    try await Output.standard.line(JSON.encode(letter))
                } else {
                    if index > 0 { try await Output.standard.line("") }
                    for line in Self.lines(letter, width: Terminal.width(STDOUT_FILENO)) { try await Output.standard.line(line) }
                }
            }
            if isAnyUnknown { throw Failure(.unknown, nil) }
        }
    }

    static func lines(_ letter: DeadLetter, width: Int?) -> [String] {
        let properties = letter.message.properties
        var fields = [("dead letter", letter.id), ("reason", letter.reason)]
        if let at = letter.at { fields.append(("dead at", at.description)) }
        let named = [
            ("type", properties.type), ("from", letter.source), ("message-id", properties.messageID),
            ("correlation-id", properties.correlationID), ("content-type", properties.contentType),
        ]
        fields += named.compactMap { name, value in value.map { (name, $0) } }
        let told = [WireFormat.Header.reason, WireFormat.Header.deadAt, WireFormat.Header.size]
        for (name, value) in properties.headers.sorted(by: { $0.key < $1.key }) where !told.contains(name) {
            fields.append((name, HeaderReport(value: value).text))
        }
        fields.append(("bytes", Terminal.grouped(letter.size) + (letter.size > letter.message.body.count ? ", cut" : "")))
        let body = letter.message.body
        let text =
            String(validating: body, as: UTF8.self)
            ?? body.prefix(256).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        fields.append(("body", String(text.prefix(4096))))
        return Table(headings: [], rows: fields.map { [Terminal.plain($0), Terminal.plain($1)] }).lines(width: width)
    }
}

/// Deletes dead letters.
struct DeadPurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Delete all dead letters.",
        usage: "taskgrid dead purge [<options>]",
        discussion: """
            It asks first, with the number of letters; --yes skips the question. Tasks are
            not concerned.
              taskgrid dead purge
              taskgrid dead list --json --limit 10000 > dead.json
              taskgrid dead purge --yes
            """
    )

    @Flag(help: "Do not ask first.")
    var yes = false
    @OptionGroup(title: "Grid") var grid: GridOptions

    func run() async throws {
        try await Failure.reported {
            try await DeadLetterQueue.withQueue(of: grid) { queue in
                let count = try await queue.count()
                guard count > 0 else { return Terminal.tell("no dead letters\n") }
                if !yes {
                    guard Terminal.isTerminal(STDIN_FILENO), Terminal.isTerminal(STDERR_FILENO) else {
                        throw Failure(.failed, "\(Self.letters(count)) would be deleted: add --yes, since nobody can be asked here")
                    }
                    Terminal.tell("delete \(Self.letters(count))? [y/N] ")
                    guard ["y", "yes"].contains((readLine() ?? "").trimmingCharacters(in: .whitespaces).lowercased()) else {
                        Terminal.tell("nothing was done\n")
                        throw Failure(.failed, nil)
                    }
                }
                try await Output.standard.line("\(Self.letters(try await queue.purge())) deleted")
            }
        }
    }

    private static func letters(_ count: Int) -> String { "\(Terminal.grouped(count)) dead letter\(count == 1 ? "" : "s")" }
}
