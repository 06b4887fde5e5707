import Foundation
import ServiceSupport
import TaskGridConfiguration
import Testing

@testable import LocalGrid

@Suite("When a process counts as ready")
struct ReadinessTests {
    private func make(_ path: String) { #expect(FileManager.default.createFile(atPath: path, contents: nil)) }

    @Test func `one that stands by does where that is expected`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let path = folder.readyFile(of: "dispatcher")
            let (alone, several) = (Readiness.fileOrStandby(path), Readiness.file(path))
            make(ReadyFile.standby(of: path))
            #expect(await alone.isReached)
            #expect(await !several.isReached)
            alone.reset()
            #expect(await !alone.isReached)
            make(path)
            #expect(await alone.isReached)
            #expect(await several.isReached)
            alone.reset()
            #expect(await !several.isReached)
        }
    }
}
