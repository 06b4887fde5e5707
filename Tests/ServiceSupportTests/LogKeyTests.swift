import Foundation
import Testing

@Suite("Log keys")
struct LogKeyTests {
    @Test func `every key of log metadata stands in LogKey, or in AMQPLogKey`() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources")
        let literal = /(?:metadata: \[|Logger\.Metadata = \[|metadataKey: |metadata\[|all\[)\s*"/
        // A further key of the same metadata, with a value that is text too.
        let further = /[,\[]\s*"[a-z][a-z_.]*": "\\\(/
        var files = 0
        for case let file as URL in try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        where file.pathExtension == "swift" {
            // An example shows a user's program, whose keys are its own; so does one in a comment.
            guard !file.pathComponents.contains("Examples") else { continue }
            files += 1
            let text = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter {
                !$0.drop { $0 == " " }.hasPrefix("///")
            }.joined(separator: "\n")
            #expect(text.firstMatch(of: literal) == nil && text.firstMatch(of: further) == nil, "\(file.lastPathComponent)")
        }
        #expect(files > 100)
    }
}
