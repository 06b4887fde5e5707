import Foundation
import ServiceSupport
import Testing

@testable import LocalGrid

@Suite struct LogFileTests {
    @Test func `a large log is rotated once`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let log = folder.log(of: "some")
            try PrivateFile.write("12345", to: log)
            LogFile.rotate(log, limit: 5)
            #expect(FileManager.default.fileExists(atPath: log))
            try PrivateFile.write("123456", to: log)
            LogFile.rotate(log, limit: 5)
            #expect(!FileManager.default.fileExists(atPath: log))
            #expect(try String(contentsOfFile: "\(log).1", encoding: .utf8) == "123456")
        }
    }

    @Test func `the tail is the last lines`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let log = folder.log(of: "some")
            try PrivateFile.write((1...5_000).map { "line \($0)\n" }.joined(), to: log)
            #expect(LogFile.tail(log, lines: 2) == "line 4999\nline 5000")
            #expect(LogFile.tail("\(log).none") == "")
        }
    }
}
