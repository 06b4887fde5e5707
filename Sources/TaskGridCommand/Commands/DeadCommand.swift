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

    @Option(
        parsing: .unconditional, help: ArgumentHelp("How many to show. (default: \(ListOptions.screenful))", valueName: "count"),
        transform: Arguments.number(1...Arguments.most))
    var limit = ListOptions.screenful
    @Flag(help: "Show reasons whole, however wide the terminal is.")
    var wide = false
    @Flag(help: "Print JSON, a letter a line, with its headers and its body.")
    var json = false
    @OptionGroup(title: "Grid") var grid: GridOptions

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
        var table = Table(
            headings: ["ID", "DEAD AT", "TYPE", "USER", "FROM", "BYTES", "REASON"], numeric: [5], free: [6], lesser: [5, 4, 3])
        table.rows = letters.map { letter in
            [
                letter.id, letter.at.map { "\($0.description.prefix(19))Z" } ?? "-", Terminal.plain(letter.type ?? "-"),
                Terminal.plain(letter.user ?? "-"), Terminal.plain(letter.source ?? "-"), Terminal.grouped(letter.size),
                Terminal.plain(letter.reason),
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
            that of a dead letter (any more). Equal letters have one id; "copies" is their
            number.
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
            let known = Dictionary(grouping: letters, by: \.id)
            var isAnyUnknown = false
            var isFirst = true
            for id in ids {
                guard let found = known[id.lowercased()] else {
                    Terminal.tell("error: there is no dead letter '\(Terminal.plain(id))': 'taskgrid dead' lists them\n")
                    isAnyUnknown = true
                    continue
                }
                for (letter, copies) in Self.distinct(found) {
                    if json {
                        for _ in 0..<copies { try await Output.standard.line(JSON.encode(letter)) }
                        continue
                    }
                    if !isFirst { try await Output.standard.line("") }
                    isFirst = false
                    let lines = Self.lines(letter, copies: copies, width: Terminal.width(STDOUT_FILENO))
                    for line in lines { try await Output.standard.line(line) }
                }
            }
            if isAnyUnknown { throw Failure(.unknown, nil) }
        }
    }

    /// Letters that differ, in their order, with how often each is there.
    static func distinct(_ letters: [DeadLetter]) -> [(letter: DeadLetter, copies: Int)] {
        var counts: [DeadLetter: Int] = [:]
        for letter in letters { counts[letter, default: 0] += 1 }
        return letters.compactMap { letter in counts.removeValue(forKey: letter).map { (letter, $0) } }
    }

    static func lines(_ letter: DeadLetter, copies: Int = 1, width: Int?) -> [String] {
        let properties = letter.message.properties
        var fields = [("dead letter", letter.id)]
        if copies > 1 { fields.append(("copies", Terminal.grouped(copies))) }
        fields += [("reason", letter.reason), ("dead at", letter.at?.description ?? "unknown")]
        let named = [
            ("type", properties.type), ("user", letter.user), ("from", letter.source), ("message-id", properties.messageID),
            ("correlation-id", properties.correlationID), ("content-type", properties.contentType),
        ]
        fields += named.compactMap { name, value in value.map { (name, $0) } }
        // A header that names another user than the one that is believed is shown as it is.
        let isToldUser = letter.user == properties.headers[WireFormat.Header.user]?.text
        let told =
            [WireFormat.Header.reason, WireFormat.Header.deadAt, WireFormat.Header.size] + (isToldUser ? [WireFormat.Header.user] : [])
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
