import AMQP
import Foundation
import TaskGridConfiguration
import Testing

@testable import TaskGridCommand

@Suite("The settings file of the current folder") struct SettingsFileChoiceTests {
    /// Runs `body` with the path of a settings file in a folder of its own.
    private func withStandard(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "config-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let file = "\(folder)/taskgrid.yaml"
        #expect(FileManager.default.createFile(atPath: file, contents: nil, attributes: [.posixPermissions: 0o644]))
        try body(file)
    }

    private func choice(_ standard: String, named: String? = nil) -> SettingsFile.Choice {
        SettingsFile.choice(nil, environment: named.map { ["TASKGRID_CONFIG": $0] } ?? [:], standard: standard)
    }

    private func reason(_ standard: String) -> String? {
        if case .distrusted(let reason) = choice(standard) { reason } else { nil }
    }

    @Test func `a file of one's own is used, and none where there is none`() throws {
        try withStandard { #expect(choice($0) == .file($0)) }
        #expect(choice("/nonexistent/taskgrid.yaml") == .none)
    }

    @Test func `a file that others may write to, by itself or by its folder, is not used, and the reason says how to name it`() throws {
        try withStandard { file in
            chmod(file, 0o666)
            #expect(reason(file) == "\(file) is not used: other users may write to \(file); if it is right, name it with --config \(file)")
            chmod(file, 0o644)
            let folder = (file as NSString).deletingLastPathComponent
            chmod(folder, 0o777)
            #expect(reason(file)?.contains("other users may write to \(folder);") == true)
        }
    }

    @Test func `a link of one's own leads to a file, unless others may write to its folder`() throws {
        try withStandard { target in
            try withStandard { file in
                try FileManager.default.removeItem(atPath: file)
                symlink(target, file)
                #expect(choice(file) == .file(file))
                let folder = (target as NSString).deletingLastPathComponent
                chmod(folder, 0o777)
                #expect(reason(file)?.contains("other users may write to \(folder);") == true)
                // As in /tmp, where nobody replaces another's file.
                chmod(folder, 0o1777)
                #expect(choice(file) == .file(file))
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
    func `a link of another user, the first or a later one, or into such a user's folder is not followed`() throws {
        try withStandard { target in
            try withStandard { file in
                let folder = (target as NSString).deletingLastPathComponent
                let between = "\(folder)/between"
                try FileManager.default.removeItem(atPath: file)
                symlink(target, between)
                symlink(between, file)
                #expect(choice(file) == .file(file))
                lchown(between, 65534, 65534)
                #expect(reason(file)?.contains("\(between) belongs to another user (65534)") == true)
                lchown(between, geteuid(), getegid())
                lchown(file, 65534, 65534)
                #expect(reason(file)?.contains("\(file) belongs to another user (65534)") == true)
                lchown(file, geteuid(), getegid())
                chown(folder, 65534, 65534)
                #expect(reason(file)?.contains("\(folder) belongs to another user (65534)") == true)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives files away")) func `a file of another user is not used unless it is named`() throws
    {
        try withStandard { file in
            chown(file, 65534, 65534)
            #expect(reason(file)?.contains("\(file) belongs to another user (65534)") == true)
            #expect(choice(file, named: file) == .file(file))
            #expect(SettingsFile.choice(file, environment: [:], standard: file) == .file(file))
        }
    }
}

@Suite("The password of the broker") struct BrokerPasswordTests {
    private func configuration(_ url: String, passwordFile: String? = nil, asArgument: Bool = false) async throws -> Configuration {
        var environment = ["TASKGRID_BROKER_PASSWORD_FILE": passwordFile ?? ""]
        if !asArgument { environment["TASKGRID_BROKER"] = url }
        return try await withFile("") {
            try Configuration(
                try await SettingSources(arguments: asArgument ? ["broker": url] : [:], file: $0, environment: environment))
        }
    }

    @Test(arguments: [
        ("amqp://me@broker", "me", "p@ss:/ä"), ("amqp://broker", "guest", "p@ss:/ä"), ("amqp://me@a,b:5673/v", "me", "p@ss:/ä"),
        ("amqp://me@a,amqp://me@b", "me", "p@ss:/ä"), ("amqp://me:own@broker", "me", "own"), ("amqp://m,e@a,b", "m,e", "p@ss:/ä"),
        ("amqp://me:o,wn@a,b", "me", "o,wn"), ("amqp://me:o%2Cwn@a,amqp://me:o,wn@b", "me", "o,wn"),
    ])
    func `a file gives the password to a URL that has none`(url: String, user: String, password: String) async throws {
        try await withFile("p@ss:/ä\n") { file in
            chmod(file, 0o600)
            let settings = try await configuration(url, passwordFile: file)
            var endpoint = try settings.location().endpoint
            #expect(endpoint.user == user && endpoint.password == password)
            #expect(endpoint.passwordSource?.name == (password == "p@ss:/ä" ? file : nil))
            endpoint.passwordSource = nil
            #expect(try settings.program.brokerToStart().map { try Endpoint(url: $0.url) } == endpoint)
        }
    }

    @Test func `the file is read again each time that it is asked for, and its error names the setting`() async throws {
        try await withFile("first\n") { file in
            chmod(file, 0o600)
            let source = try #require(try await configuration("amqp://me@broker", passwordFile: file).location().endpoint.passwordSource)
            #expect(try source.read() == "first")
            try Data("second,\n".utf8).write(to: URL(filePath: file))
            #expect(try source.read() == "second,")
            try FileManager.default.removeItem(atPath: file)
            let error = #expect(throws: AMQPError.self) { try source.read() }
            #expect(error?.message.hasPrefix("TASKGRID_BROKER_PASSWORD_FILE: \(file) cannot be opened") == true)
        }
    }

    @Test func `a file that others may read, or that has no password, is refused by the setting's name`() async throws {
        try await withFile("secret\n") { file in
            chmod(file, 0o644)
            let open = try await configuration("amqp://me@broker", passwordFile: file)
            let error = #expect(throws: SettingError.self) { try open.location() }
            #expect(error?.message.hasPrefix("TASKGRID_BROKER_PASSWORD_FILE: ") == true && error?.message.contains("chmod 600") == true)
        }
        try await withFile("") { file in
            chmod(file, 0o600)
            let empty = try await configuration("amqp://me@broker", passwordFile: file)
            #expect(throws: SettingError.self) { try empty.location() }
        }
    }

    @Test func `a password in an argument is noticed, and nowhere else`() async throws {
        #expect(try await configuration("amqp://me:secret@broker", asArgument: true).sources.argumentShowsPassword)
        #expect(try await configuration("amqp://me:sec,ret@a,b", asArgument: true).sources.argumentShowsPassword)
        #expect(try await !configuration("amqp://me@broker", asArgument: true).sources.argumentShowsPassword)
        #expect(try await !configuration("amqp://me:secret@broker").sources.argumentShowsPassword)
    }
}
