import Foundation
import Logging
import TestSupport
import Testing
import WebSupport

@testable import Monitor

@Suite("The monitor's tokens") struct AccessTokensTests {
    private let alice = "alice-has-this-token"
    private let bob = "bob-has-another-token"

    private func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
    }

    /// Runs `body` with the path of a file of tokens that has Alice's.
    private func withTokens(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "tokens-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try write("alice operator * \(alice)\n", to: path)
        try body(path)
    }

    private func name(_ secret: String, _ tokens: AccessTokens) -> String? { tokens.token(of: AccessToken.digest(of: secret))?.caller.name }

    @Test func `tokens come from the configuration and from both files`() throws {
        try withTokens { path in
            let single = "\(path)-single"
            defer { try? FileManager.default.removeItem(atPath: single) }
            try write("\(bob)\n", to: single)
            let tokens = try AccessTokens(token: "the-configured-token", tokenFile: single, tokensFile: path, logger: .silent)
            #expect(!tokens.isEmpty)
            #expect(name(alice, tokens) == "alice" && name(bob, tokens) == "monitor.token-file")
            #expect(name("the-configured-token", tokens) == "monitor.token" && name("some-other-token", tokens) == nil)
            #expect(tokens.token(of: AccessToken.digest(of: bob))?.caller.roles == [.operator, .submitter])
        }
        #expect(try AccessTokens(logger: .silent).isEmpty)
    }

    @Test func `a changed file is used from its next reading on`() throws {
        try withTokens { path in
            let tokens = try AccessTokens(tokensFile: path, logger: .silent)
            try write("bob viewer * \(bob)\n", to: path)
            #expect(name(alice, tokens) == "alice")
            tokens.refresh()
            #expect(name(alice, tokens) == nil && name(bob, tokens) == "bob")
        }
    }

    @Test func `as long as the file cannot be used its last tokens stay valid, and the log says so once`() throws {
        try withTokens { path in
            let lines = Journal<LogLine>()
            let tokens = try AccessTokens(tokensFile: path, logger: Logger(into: lines))
            for text in ["alice admin * \(bob)\n", "alice admin * \(bob)\n"] {
                try write(text, to: path)
                tokens.refresh()
            }
            #expect(name(alice, tokens) == "alice")
            #expect(lines.entries.count { $0.level == .error } == 1)
            try FileManager.default.removeItem(atPath: path)
            tokens.refresh()
            #expect(name(alice, tokens) == "alice")
            try write("bob viewer * \(bob)\n", to: path)
            tokens.refresh()
            #expect(name(bob, tokens) == "bob")
        }
    }

    @Test func `a file that is as it was before an error is told of once`() throws {
        try withTokens { path in
            let lines = Journal<LogLine>()
            let tokens = try AccessTokens(tokensFile: path, logger: Logger(into: lines))
            tokens.refresh()
            chmod(path, 0o644)
            tokens.refresh()
            chmod(path, 0o600)
            for _ in 0..<2 { tokens.refresh() }
            #expect(lines.entries.map(\.level) == [.error, .notice])
            #expect(lines.entries.last?.message == "tokens can be read again, they are the last ones")
            #expect(name(alice, tokens) == "alice")
        }
    }

    @Test(arguments: [0o644, 0o640, 0o602] as [mode_t]) func `a file that others may read or write is refused with what to do`(mode: mode_t)
        throws
    {
        try withTokens { path in
            chmod(path, mode)
            let error = #expect(throws: MonitorError.self) { try AccessTokens(tokensFile: path, logger: .silent) }
            #expect(error?.code == .tokens && error?.message.contains(path) == true && error?.message.hasSuffix("chmod 600 it") == true)
        }
    }

    @Test func `a file that is missing, or has a bad line, is refused`() throws {
        #expect(throws: MonitorError.self) { try AccessTokens(tokensFile: "/nonexistent", logger: .silent) }
        #expect(throws: MonitorError.self) { try AccessTokens(tokenFile: "/tmp", logger: .silent) }
        try withTokens { path in
            try write("alice operator \(alice)\n", to: path)
            let error = #expect(throws: MonitorError.self) { try AccessTokens(tokensFile: path, logger: .silent) }
            #expect(error?.message.hasPrefix("\(path), line 1: ") == true && error?.message.contains(alice) == false)
            #expect(throws: MonitorError.self) { try AccessTokens(tokenFile: path, logger: .silent) }
        }
    }
}
