import Foundation
import Testing

extension Attachment where AttachableValue == String {
    /// Keeps the logs of a folder with the test: what its processes have said.
    static func recordLogs(in folder: String, named name: String = "log.txt") {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter { $0.hasSuffix(".log") } ?? []
        let texts = files.sorted().map { "== \($0)\n\((try? String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)) ?? "")" }
        record(texts.joined(separator: "\n"), named: name)
    }
}
