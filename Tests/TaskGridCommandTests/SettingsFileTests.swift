import Foundation
import Monitor
import Testing

@testable import taskgrid

/// `config/taskgrid.yaml` tells the truth: it has every key that the code reads and no other, with its default.
@Suite("The repository's settings file")
struct SettingsFileTests {
    private let text: String

    init() throws { text = try String(contentsOf: repositoryFile("config/taskgrid.yaml"), encoding: .utf8) }

    /// The keys and the values shown.
    private var shown: [String: String] {
        var shown: [String: String] = [:]
        var section = ""
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /([a-z]+):/) {
                section = "\(match.1)."
            } else if let match = line.wholeMatch(of: /(?: {2})?# ([a-z-]+): (\S+)/) {
                shown[(line.hasPrefix(" ") ? section : "") + match.1] = String(match.2)
            }
        }
        return shown
    }

    /// The keys that stand in the sources where settings are read.
    private func read() throws -> Set<String> {
        let folder = repositoryFile("Sources/taskgrid")
        var keys: Set<String> = []
        for case let file as URL in try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        where file.pathExtension == "swift" {
            let source = try String(contentsOf: file, encoding: .utf8)
            let calls = /(?:settings|layer)\.(?:text|value|integer|duration|choice|list)\(\s*"([a-z.-]+)"/
            for match in source.matches(of: calls) { keys.insert(String(match.1)) }
        }
        return keys
    }

    @Test("as it stands, it changes nothing")
    func parses() async throws {
        let settings = try await Settings(arguments: [:], file: repositoryFile("config/taskgrid.yaml").path, environment: [:])
        _ = try Configuration(settings)
        for key in shown.keys { #expect(settings.text(key) == nil) }
    }

    @Test("it has the keys that the code reads, and so has the table beside the code")
    func keys() throws {
        let keys = try read()
        #expect(keys.count > 15)
        #expect(Set(shown.keys) == keys)
        let source = try String(contentsOf: repositoryFile("Sources/taskgrid/Configuration/Configuration.swift"), encoding: .utf8)
        #expect(Set(source.matches(of: /\/\/\/ \| `([a-z.-]+)` \|/).map { String($0.1) }) == keys)
    }

    @Test("the file shows the defaults, and each line can be uncommented")
    func defaults() async throws {
        let all = text.replacing(/(?m)^((?: {2})?)# ([a-z-]+: \S+)$/) { "\($0.1)\($0.2)" }
        let defaults = try Configuration(try await withFile("") { try await Settings(arguments: [:], file: $0, environment: [:]) })
        let settings = try await withFile(all) { try await Settings(arguments: [:], file: $0, environment: [:]) }
        for (key, value) in shown { #expect(settings.text(key)?.text == value, "\(key)") }
        let taken = try Configuration(settings)
        #expect(taken.dispatcher == defaults.dispatcher)
        #expect(taken.topology == defaults.topology)
        #expect(taken.logFormat == defaults.logFormat)
        #expect(taken.worker.drainDeadline == defaults.worker.drainDeadline)
        #expect(taken.monitor.host == defaults.monitor.host)
        #expect(taken.monitor.port == defaults.monitor.port)
        let concurrency = Int(try #require(shown["worker.concurrency"]))
        // Those that are taken are not just passed over: a default of the machine's own is replaced.
        #expect(taken.worker.concurrency == concurrency)
    }
}
