import Foundation
import Testing

@Suite("Log keys")
struct LogKeyTests {
    @Test("every key of log metadata stands in LogKey, or in AMQPLogKey")
    func keysStandOnce() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources")
        let literal = /(?:metadata: \[|Logger\.Metadata = \[|metadataKey: |metadata\[|all\[)\s*"/
        var files = 0
        for case let file as URL in try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        where file.pathExtension == "swift" {
            files += 1
            let found = try String(contentsOf: file, encoding: .utf8).firstMatch(of: literal)
            #expect(found == nil, "\(file.lastPathComponent)")
        }
        #expect(files > 100)
    }
}
