import Foundation
import Logging
import Testing

@testable import ServiceSupport

@Suite struct ReadyFileTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private var file: ReadyFile { ReadyFile(path: path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) }

    private var made: [String] { [path, "\(path).standby"].filter { FileManager.default.fileExists(atPath: $0) } }

    @Test func `a service that stands by has a file of its own until it is ready, and a new start has neither`() {
        defer { file.prepare() }
        file.standsBy()
        #expect(made == ["\(path).standby"])
        file.make()
        #expect(made == [path])
        file.standsBy()
        file.prepare()
        #expect(made.isEmpty)
    }
}
