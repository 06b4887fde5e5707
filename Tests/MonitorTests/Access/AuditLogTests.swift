import Foundation
import Logging
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

@Suite("The audit log") struct AuditLogTests {
    private func withPath(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "audit-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func entry(_ who: String? = "alice", request: String = "/types/hash/pause") -> AuditEntry {
        AuditEntry(at: .start, who: who, address: "10.0.0.7", action: "pause", request: request, outcome: .done, status: 200)
    }

    @Test func `each action is a line that says who, from where, what, when and with which result`() async throws {
        try await withPath { path in
            let log = try AuditLog(path, logger: .silent)
            await log.record(entry())
            await log.record(entry(nil))
            let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(
                lines.first == """
                    {"action":"pause","address":"10.0.0.7","at":"\(Timestamp.start)","detail":null,"outcome":"done",\
                    "request":"/types/hash/pause","status":200,"who":"alice"}
                    """)
            #expect(lines.count == 2 && lines.last?.contains("\"who\":null") == true)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test func `a line has no character that ends it or cannot be seen, and is bounded`() async throws {
        try await withPath { path in
            let log = try AuditLog(path, logger: .silent)
            await log.record(entry(request: "/a\n{\"who\":\"mallory\"}\u{202E}\u{1B}[2J" + String(repeating: "x", count: 5000)))
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.split(separator: "\n").count == 1 && text.utf8.count < 2000)
            #expect(!text.unicodeScalars.contains("\u{202E}") && !text.unicodeScalars.contains("\u{1B}"))
        }
    }

    @Test func `lines are appended to what is there, and to a new file where it was moved away`() async throws {
        try await withPath { path in
            await (try AuditLog(path, logger: .silent)).record(entry())
            let log = try AuditLog(path, logger: .silent)
            await log.record(entry())
            #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 2)
            try FileManager.default.removeItem(atPath: path)
            await log.record(entry())
            #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 1)
        }
    }

    @Test func `a line is written whole where the system takes a part of it at a time`() {
        var (written, calls) = (Data(), 0)
        let code = AuditLog.writeWhole(Data("a whole line\n".utf8)) { bytes in
            calls += 1
            guard calls != 2 else {
                errno = EINTR
                return -1
            }
            written += bytes.prefix(5)
            return min(5, bytes.count)
        }
        #expect(code == 0 && calls == 4 && written == Data("a whole line\n".utf8))
        let full = AuditLog.writeWhole(Data("line\n".utf8)) { _ in
            errno = ENOSPC
            return -1
        }
        #expect(full == ENOSPC)
    }

    @Test func `a link, or a file that others may read, is refused at the start`() async throws {
        try await withPath { path in
            #expect(FileManager.default.createFile(atPath: "\(path)-target", contents: nil, attributes: [.posixPermissions: 0o600]))
            defer { try? FileManager.default.removeItem(atPath: "\(path)-target") }
            symlink("\(path)-target", path)
            let linked = #expect(throws: MonitorError.self) { try AuditLog(path, logger: .silent) }
            #expect(linked?.code == .audit && linked?.message.contains("symbolic link") == true)
            unlink(path)
            #expect(FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o644]))
            #expect(throws: MonitorError.self) { try AuditLog(path, logger: .silent) }
        }
    }

    @Test func `if the file cannot be written, the service's log has the action and says so`() async throws {
        try await withPath { path in
            let lines = Journal<LogLine>()
            let log = try AuditLog(path, logger: Logger(into: lines))
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            await log.record(entry())
            #expect(lines.entries.map(\.level) == [.info, .error])
        }
    }

    @Test func `the grid's events hear of actions of known tokens`() async throws {
        let log = try AuditLog(logger: .silent)
        await log.record(entry(nil))
        await log.record(entry())
        let heard = try #require(await log.entries.first { _ in true })
        #expect(heard.sentence == "alice at 10.0.0.7 asked for pause (/types/hash/pause): done")
    }
}
