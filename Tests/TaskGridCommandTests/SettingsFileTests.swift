import Foundation
import Monitor
import TaskGridConfiguration
import TaskGridWorker
import Testing

@testable import TaskGridCommand

/// `config/taskgrid.yaml` is read as it is written; `ConfigurationKeyTests` compares its text with the keys.
@Suite("The repository's settings file")
struct SettingsFileTests {
    private let text: String

    init() throws { text = try String(contentsOf: repositoryFile("config/taskgrid.yaml"), encoding: .utf8) }

    @Test func `as it stands, it changes nothing`() async throws {
        let settings = try await SettingSources(arguments: [:], file: repositoryFile("config/taskgrid.yaml").path, environment: [:])
        _ = try Configuration(settings)
        for key in ConfigurationKey.all { #expect(settings.text(key.name) == nil) }
    }

    @Test func `the file shows the defaults, and each line can be uncommented`() async throws {
        let all = text.replacing(/(?m)^((?: {2})?)# ([a-z-]+: \S+)$/) { "\($0.1)\($0.2)" }
        let defaults = try Configuration(try await withFile("") { try await SettingSources(arguments: [:], file: $0, environment: [:]) })
        let settings = try await withFile(all) { try await SettingSources(arguments: [:], file: $0, environment: [:]) }
        for key in ConfigurationKey.all { #expect(settings.text(key.name)?.text == key.example, "\(key.name)") }
        let taken = try Configuration(settings)
        #expect(taken.dispatcher == defaults.dispatcher)
        #expect(taken.topology == defaults.topology)
        #expect(taken.logFormat == defaults.logFormat)
        #expect(taken.worker.drainDeadline == defaults.worker.drainDeadline)
        #expect(taken.monitor.host == defaults.monitor.host)
        #expect(taken.monitor.port == defaults.monitor.port)
        // Those that are taken are not just passed over: a default of the machine's own is replaced.
        #expect(taken.worker.concurrency == Int(ConfigurationKey.named("worker.concurrency").example))
    }
}
