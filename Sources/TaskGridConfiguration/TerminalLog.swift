import AMQP
import Foundation
package import Logging
import TaskGridCore

/// Logs to standard error: a line for people, or a JSON object a line for programs.
package struct TerminalLog: LogHandler {
    package enum Format: String, CaseIterable, Sendable {
        case text, json
    }

    let label: String
    let format: Format
    /// Leaves out what a connection says short of an error: the command says itself what came of it.
    var hidesConnections = false
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        if hidesConnections, event.level < .error, all[AMQPLogKey.connection] != nil { return }
        let time = Timestamp.now().description
        switch format {
        case .text:
            let values = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
            let level = event.level.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
            Self.write(PlainText.line("\(time) \(level) \(label): \(event.message)\(values)"))
        case .json:
            var fields = all.mapValues { "\($0)" }
            fields["time"] = time
            fields["level"] = event.level.rawValue
            fields["logger"] = label
            fields["message"] = "\(event.message)"
            Self.write(Self.json(fields))
        }
    }

    /// A value by itself, or as JSON where it has characters that end it or could not be seen.
    package static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value == PlainText.line(value) && value.allSatisfy { !$0.isWhitespace && $0 != "\"" && $0 != "=" }
        return isPlain ? value : json(value)
    }

    /// If that fails, there is no other place to write to.
    private static func write(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }

    private static func json(_ value: some Encodable) -> String {
        String(decoding: JSON.shown(value), as: UTF8.self)
    }
}
