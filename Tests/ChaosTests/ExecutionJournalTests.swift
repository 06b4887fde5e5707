import Chaos
import Foundation
import TaskGridCore
import Testing

@Suite("The journal of executions")
struct ExecutionJournalTests {
    private func withFile(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "executions-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test func `has each beginning once, whoever writes beside`() async throws {
        try await withFile { path in
            try await withThrowingTaskGroup { group in
                for writer in 1...8 {
                    group.addTask {
                        let journal = try ExecutionJournal(path: path)
                        for number in 1...500 where number % writer == 0 {
                            try journal.begin(number, id: TaskID(Int64(number)), attempt: writer)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let counts = try ExecutionJournal.executions(in: path)
            for number in 1...500 { #expect(counts[number] == (1...8).count { number % $0 == 0 }) }
        }
    }

    @Test func `that is damaged is an error, not a wrong count`() async throws {
        try await withFile { path in
            try Data("1 1 1\nx\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: POSIXError.self) { _ = try ExecutionJournal.executions(in: path) }
        }
    }
}
