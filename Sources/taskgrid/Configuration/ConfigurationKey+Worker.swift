extension ConfigurationKey {
    static let ofWorker: [ConfigurationKey] = [
        ConfigurationKey(
            "worker.concurrency", \.worker.concurrency, kind: .integer(1...10_000), valueName: "count",
            standard: .words("four for each core", example: "8"), description: "How many tasks a worker runs at a time."
        ),
        ConfigurationKey(
            "worker.prefetch", \.worker.prefetch, kind: .optional(.integer(1...65535)), valueName: "count",
            standard: .words("the concurrency; twice that, at least 8, while tasks are short", example: "8"),
            description: """
                The messages of each type that the broker hands a worker ahead. A message has at most 1 MiB of payloads, or a single task.
                """
        ),
        ConfigurationKey(
            "worker.results", \.worker.persistsResults, kind: .choice("persistent", or: "transient"),
            description: """
                Whether the broker writes results to disk: `persistent`, or `transient`, which is faster. Lost results are found and their \
                tasks run again either way.
                """
        ),
        ConfigurationKey(
            "worker.drain-deadline", \.worker.drainDeadline, kind: .duration, valueName: "time",
            description: "How long running tasks may take once the worker is told to stop."
        ),
    ]
}
