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
            "monitor.hosts", \.monitor.hosts, listOf: .hostName,
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
                A token that a request can show to have anything done, such as cancel, retry, pause or resume: 16 bytes or more. Without any \
                token the monitor refuses these requests. It is better set by its variable or by `monitor.token-file` than in a file.
                """
        ),
        ConfigurationKey(
            "monitor.token-file", \.monitor.tokenFile, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none; with `taskgrid up`, `token` in the `data` folder", example: "/run/secrets/monitor"),
            description: """
                A file with such a token, which only its owner may read (mode 600). It is read again when it changes.
                """
        ),
        ConfigurationKey(
            "monitor.tokens-file", \.monitor.tokensFile, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none", example: "/etc/taskgrid/tokens"),
            description: """
                A file of tokens with names, roles and types, which only its owner may read (mode 600). It is read again when it changes.
                """
        ),
        ConfigurationKey(
            "monitor.protect-reading", \.monitor.protectsReading, kind: .choice("on", or: "off"), in: defaults,
            standard: .words("`off`; with `taskgrid up`, `on`", example: "off"),
            description: "Whether reading needs a token too: `on` or `off`."
        ),
        ConfigurationKey(
            "monitor.audit-file", \.monitor.auditFile, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none; with `taskgrid up`, `audit.jsonl` in the `data` folder", example: "/var/log/taskgrid/audit.jsonl"),
            description: "The file to which the monitor appends each action: who asked for it, when, and what came of it."
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
        .text(MonitorToken.what, isSecret: true) { MonitorToken.isToken($0) }
    }
}
