import Logging

/// A line of the grid's logs.
struct LogLine: Sendable {
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata
}

/// Puts the services' logs into a journal: out of the way, there to be waited for, and there when a test fails.
struct LogTap: LogHandler {
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
