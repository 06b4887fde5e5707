import Monitor
import TaskGridConfiguration

extension ConfigurationKeys {
    static let ofMonitor: [ConfigurationKey] = [
        ConfigurationKey(
            "monitor.host", \.monitor.host, kind: .text, in: defaults, description: "The address that the monitor listens on."),
        ConfigurationKey(
            "monitor.port", \.monitor.port, kind: .integer(0...65535), in: defaults,
            description: "The port that the monitor listens on; 0 for any that is free."
        ),
        ConfigurationKey(
            "monitor.hosts", \.monitor.hosts, listOf: .text("a list of host names, without ports", isHostName),
            example: "grid.example.org,monitor",
            description: """
                The names that the monitor can be asked by, besides addresses, `localhost` and `monitor.host`: a list, or separated by \
                commas. Requests for another host are refused, against DNS rebinding.
                """
        ),
        ConfigurationKey(
            "monitor.history", \.monitor.history, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words(
                "in memory; with `taskgrid up`, `history.sqlite` in the `data` folder", example: "/var/lib/taskgrid/history.sqlite"),
            description: "The SQLite file of the monitor's history."
        ),
        ConfigurationKey(
            "monitor.token", \.monitor.token, kind: .optional(token), in: defaults,
            standard: .words("none; `taskgrid up` makes one and keeps it in the `data` folder", example: "sixteen-bytes-or-more"),
            description: """
                The token that a request must show to cancel, retry, pause or resume: 16 bytes or more. Without a token the monitor \
                refuses these requests. It is better set by its variable than in a file.
                """
        ),
        ConfigurationKey(
            "monitor.protect-reading", \.monitor.protectsReading, kind: .choice("on", or: "off"), in: defaults,
            description: "Whether reading needs the token too: `on` or `off`."
        ),
        ConfigurationKey(
            "monitor.alert-failures", \.monitor.thresholds.failurePercent, kind: .integer(0...100), in: defaults,
            description: """
                An alert is raised if this share in percent of the tasks of a type that ended within five minutes have failed, ten at \
                least; 0: never.
                """
        ),
        ConfigurationKey(
            "monitor.alert-waiting", \.monitor.thresholds.waiting, kind: .duration, in: defaults,
            description: "An alert is raised if a task waits for longer than this, though its type is not paused; `0s`: never."
        ),
        ConfigurationKey(
            "monitor.alert-backlog", \.monitor.thresholds.backlog, kind: .integer(0...1_000_000_000), in: defaults,
            description: "An alert is raised if this many tasks of a type wait, and their number has grown for five minutes; 0: never."
        ),
    ]

    private static var token: ValueKind<String> {
        .text("a token has \(MonitorToken.minimumLength) bytes or more, ASCII without spaces", isSecret: true) { text in
            MonitorToken.isToken(text)
        }
    }

    /// Letters, digits, `-` and `_` in parts between dots (RFC 1123, and the names of containers), at most 253 bytes.
    @Sendable private static func isHostName(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && parts.allSatisfy { part in
                (1...63).contains(part.utf8.count) && part.utf8.allSatisfy { $0 < 0x80 }
                    && part.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            }
    }
}
