import ArgumentParser
import Foundation
import TaskGridConfiguration
import Testing

@testable import TaskGridCommand

@Suite("Configuration keys")
struct ConfigurationKeyTests {
    private func lines(of path: String) throws -> [String] {
        try String(contentsOf: repositoryFile(path), encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
    }

    /// The lines that have to be added and removed.
    private func difference(_ shown: [String], _ right: [String]) -> Comment {
        let lines = right.difference(from: shown).map { change in
            switch change {
            case .insert(_, let line, _): "missing: \(line)"
            case .remove(_, let line, _): "wrong: \(line)"
            }
        }
        return "\(lines.joined(separator: "\n"))"
    }

    @Test func `each has a name and a variable of its own, and a description of sentences`() {
        let keys = ConfigurationKey.all
        #expect(Set(keys.map(\.name)).count == keys.count)
        #expect(Set(keys.map(\.variable)).count == keys.count)
        for key in keys {
            #expect(key.name.wholeMatch(of: /([a-z]+\.)?[a-z]+(-[a-z]+)*/) != nil, "\(key.name)")
            #expect(key.description.hasSuffix(".") && !key.description.contains("|"), "\(key.name)")
            #expect(!key.example.isEmpty, "\(key.name)")
        }
    }

    @Test func `config/taskgrid.yaml has all of them, as they describe themselves, with their defaults`() throws {
        let shown = Array(try lines(of: "config/taskgrid.yaml").dropLast())
        #expect(shown == ConfigurationDocuments.yaml, difference(shown, ConfigurationDocuments.yaml))
    }

    @Test func `the table in ConfigurationReference.md has all of them, as they describe themselves, with their defaults`() throws {
        let rows = try lines(of: "Sources/TaskGridCommand/TaskGridCommand.docc/ConfigurationReference.md").drop {
            $0 != "| key | environment | default | |"
        }.dropFirst(2).prefix { $0.hasPrefix("|") }
        #expect(Array(rows) == ConfigurationDocuments.table, difference(Array(rows), ConfigurationDocuments.table))
    }

    @Test func `an option shows its key's description in the help`() {
        func texts(_ command: any ParsableCommand.Type) -> [String] {
            [command.helpMessage(columns: 1000)] + command.configuration.subcommands.flatMap(texts)
        }
        let help = texts(TaskGrid.self).joined(separator: "\n")
        for name in [
            "broker", "data", "queue-kind", "log-level", "health-port", "dispatcher.max-payload", "worker.prefetch", "monitor.port",
        ] {
            let key = ConfigurationKey.named(name)
            #expect(help.contains(key.help) && help.contains("--\(key.option) <"), "\(name)")
        }
    }
}
