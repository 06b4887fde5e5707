import AMQP
import Dispatcher
import TaskGridConfiguration
import TaskGridCore

extension ConfigurationKeys {
    static let ofDispatcher: [ConfigurationKey] = [
        ConfigurationKey(
            "dispatcher.store", \.store, kind: .optional(.store), in: defaults, valueName: "store",
            standard: .words(
                "that of the grid that runs in the `data` folder, else `store.sqlite` there",
                example: "~/.local/state/taskgrid/store.sqlite"),
            description: """
                The store of the tasks: an SQLite file, or a PostgreSQL database's URL. The URL is as libpq has it: \
                `postgresql://user@host1,host2:5433/database?target_session_attrs=read-write&sslmode=verify-full`. Of several hosts the \
                primary is used. The tables are in a schema with the name of the grid's `prefix`. libpq's variables (`PGPASSFILE`), password \
                file and service file count too.
                """
        ),
        ConfigurationKey(
            "dispatcher.store-password-file", \.storePasswordFile, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none", example: "/run/secrets/database"),
            description: """
                A file with the database's password, for a URL that has none. Only its owner may read it (mode 600). It is read again at each \
                reconnect.
                """
        ),
        ConfigurationKey(
            "dispatcher.rights", \.rights, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("every user may do everything", example: "/etc/taskgrid/rights.json"),
            description: """
                The file that says which user of the broker may do what, as `taskgrid users` writes it. The nameservice reads it too, and does \
                not count workers for types that they may not serve.
                """
        ),
        ConfigurationKey(
            "dispatcher.max-payload", \.dispatcher.maximumPayload, kind: .integer(1...(60 << 20)), in: defaults, valueName: "bytes",
            description: "The most bytes that a payload may have."
        ),
        ConfigurationKey(
            "dispatcher.max-attempts", \.dispatcher.retry.maxAttempts, kind: .integer(1...TaskSettings.maximumAttempts), in: defaults,
            valueName: "count",
            description: "The attempts of a task whose submission gives no number."
        ),
        ConfigurationKey(
            "dispatcher.backoff", \.dispatcher.retry.backoff.base, kind: .duration, in: defaults,
            description: """
                The wait before the second attempt, doubled for each one after it. Each wait is drawn at random between the half and the \
                whole of that.
                """
        ),
        ConfigurationKey(
            "dispatcher.max-backoff", \.dispatcher.retry.backoff.ceiling, kind: .duration, in: defaults,
            description: "The longest wait between two attempts."
        ),
        ConfigurationKey(
            "dispatcher.retention", \.dispatcher.retention, kind: .duration, in: defaults, valueName: "time",
            description: "How long ended tasks, their results and the keys of their submissions are kept, such as `7d`."
        ),
        ConfigurationKey(
            "dispatcher.retention-count", \.dispatcher.retentionCount, kind: .integer(0...1_000_000_000), in: defaults,
            description: """
                How many ended tasks are kept at most. Of the keys of submissions beyond that number the oldest are removed, but none \
                within its first hour. A submission that is repeated with a key that was removed is a new one.
                """
        ),
        ConfigurationKey(
            "dispatcher.window", \.dispatcher.window, kind: .duration, in: defaults,
            description: "How much work of each type the broker holds, in time at the measured rate."
        ),
        ConfigurationKey(
            "dispatcher.max-batch", \.dispatcher.maximumBatch, kind: .integer(1...10_000), in: defaults,
            description: "The most tasks of a work message."),
        ConfigurationKey(
            "dispatcher.breaker", \.dispatcher.breaker.isEnabled, kind: .choice("on", or: "off"), in: defaults,
            description: "Whether circuit breakers hold tasks back: `on` or `off`."
        ),
        ConfigurationKey(
            "dispatcher.breaker-window", \.dispatcher.breaker.window, kind: .duration, in: defaults,
            description: "How far back attempts count for a type's circuit breaker."
        ),
        ConfigurationKey(
            "dispatcher.breaker-attempts", \.dispatcher.breaker.minimumAttempts, kind: .integer(1...1_000_000), in: defaults,
            description: "A circuit breaker stays closed while there are fewer attempts within the window."
        ),
        ConfigurationKey(
            "dispatcher.breaker-percent", \.dispatcher.breaker.failureRatio, kind: .percent, in: defaults,
            description: "The share of failed attempts, in percent, at which a circuit breaker opens."
        ),
        ConfigurationKey(
            "dispatcher.breaker-pause", \.dispatcher.breaker.pause, kind: .duration, in: defaults,
            description: "How long a circuit breaker stays open at first. It is doubled each time its probes fail."
        ),
        ConfigurationKey(
            "dispatcher.breaker-max-pause", \.dispatcher.breaker.maximumPause, kind: .duration, in: defaults,
            description: "The longest that a circuit breaker stays open before its next probes."
        ),
        ConfigurationKey(
            "dispatcher.breaker-probes", \.dispatcher.breaker.probes, kind: .integer(1...1000), in: defaults,
            description: "The tasks that must succeed before a circuit breaker closes."
        ),
        ConfigurationKey(
            "dispatcher.work", \.dispatcher.persistsWork, kind: .choice("persistent", or: "transient"), in: defaults,
            description: """
                Whether the broker writes work to disk: `persistent`, or `transient`, which is faster. Lost work is found and handed out \
                again either way.
                """
        ),
        ConfigurationKey(
            "dispatcher.prefetch", \.dispatcher.prefetch, kind: .integer(1...65535), in: defaults,
            description: """
                The messages of each queue that the broker hands the dispatcher ahead. Beyond 32 MiB of them it reads no more until some \
                are done.
                """
        ),
    ]
}
