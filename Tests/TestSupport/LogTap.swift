package import Logging

/// A line of a log.
package struct LogLine: Sendable {
    package let level: Logger.Level
    package let message: String
    package let metadata: Logger.Metadata
}

/// Puts logs into a journal: out of the way, there to be waited for, and there when a test fails.
private struct LogTap: LogHandler {
    let lines: Journal<LogLine>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    init(_ lines: Journal<LogLine>) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
        lines.add(LogLine(level: event.level, message: "\(event.message)", metadata: metadata))
    }
}

extension Logger {
    /// A log that a test waits for.
    package init(into lines: Journal<LogLine>) {
        self.init(label: "test") { _ in LogTap(lines) }
    }

    /// A log that nobody reads.
    package static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
