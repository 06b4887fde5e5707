package import TaskGridCore
package import TaskGridWorker

/// `2` or `1m30s` → waits that long and gives back the payload. Holds no thread meanwhile, and ends when it is cancelled.
package struct Wait: TaskWorker {
    package let definition = TaskDefinition<String, String>("wait")
    /// The longest wait that is taken.
    package let limit: Duration
    private let clock: any Clock<Duration>

    package init(limit: Duration = .seconds(3600), clock: any Clock<Duration> = ContinuousClock()) {
        self.limit = limit
        self.clock = clock
    }

    /// `input`: Seconds, as a decimal number, or a duration with units.
    /// - Throws: `invalidInput` where it is neither, negative or above the limit.
    package func run(_ input: String, context: TaskContext) async throws -> String {
        try await clock.sleep(for: try duration(input))
        return input
    }

    private func duration(_ input: String) throws(TaskError) -> Duration {
        let shown = input.prefix(40)
        if let duration = DurationText.read(input), duration <= limit { return duration }
        // `Double` reads hexadecimal, `nan` and `inf` too.
        guard input.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), let seconds = Double(input), seconds.isFinite
        else {
            guard DurationText.read(input) == nil else { throw tooLong("\(shown)") }
            throw TaskError(.invalidInput, "'\(shown)' is no time to wait, such as 2, 0.5 or 1m30s")
        }
        guard seconds >= 0 else { throw TaskError(.invalidInput, "\(shown) seconds: a wait is not negative") }
        guard seconds <= limit.seconds else { throw tooLong("\(shown) seconds") }
        return .seconds(seconds)
    }

    private func tooLong(_ time: String) -> TaskError {
        TaskError(.invalidInput, "\(time): at most \(DurationText.write(limit)) is waited")
    }
}
