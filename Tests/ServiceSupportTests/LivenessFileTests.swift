import Foundation
import Logging
import Testing

@testable import ServiceSupport

@Suite struct LivenessFileTests {
    @Test func `the file is written while the service is healthy, and is gone with it`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let vitals = Vitals()
        vitals.enter(.serving)
        let (looks, looked) = AsyncStream.makeStream(of: Void.self)
        let (permits, permit) = AsyncStream.makeStream(of: Void.self)
        let file = LivenessFile(path: path, vitals: vitals, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) {
            looked.yield()
            for await _ in permits { return }
            throw CancellationError()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await file.run() }
            var rounds = looks.makeAsyncIterator()
            _ = await rounds.next()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "\(getpid())\n")

            try FileManager.default.removeItem(atPath: path)
            vitals.problem("store", "the store is gone")
            permit.yield()
            _ = await rounds.next()
            #expect(!FileManager.default.fileExists(atPath: path))

            vitals.problem("store", nil)
            permit.yield()
            _ = await rounds.next()
            #expect(FileManager.default.fileExists(atPath: path))

            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
