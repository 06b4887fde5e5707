package import TaskGridCore
package import TaskGridWorker

/// `2` → waits two seconds and gives back the payload. Holds no thread meanwhile, and ends when it is cancelled.
package struct Wait: TaskWorker {
    package let type = TaskType(literal: "wait")
    /// The longest wait that is taken.
    package let limit: Duration
    private let clock: any Clock<Duration>

    package init(limit: Duration = .seconds(3600), clock: any Clock<Duration> = ContinuousClock()) {
        self.limit = limit
        self.clock = clock
    }

    /// `input`: Seconds, as a decimal number.
    /// - Throws: `invalidInput` where it is no number, negative or above the limit.
    package func run(_ input: String, context: TaskContext) async throws -> String {
        try await clock.sleep(for: try duration(input))
        return input
    }

    private func duration(_ input: String) throws(TaskError) -> Duration {
        let shown = input.prefix(40)
        // `Double` reads hexadecimal, `nan` and `inf` too.
        guard input.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), let seconds = Double(input), seconds.isFinite
        else {
            throw TaskError(.invalidInput, "'\(shown)' is no number of seconds, such as 2 or 0.5")
        }
        guard seconds >= 0 else { throw TaskError(.invalidInput, "\(shown) seconds: a wait is not negative") }
        let most = Double(limit.components.seconds) + Double(limit.components.attoseconds) / 1e18
        guard seconds <= most else { throw TaskError(.invalidInput, "\(shown) seconds: at most \(most) are waited") }
        return .seconds(seconds)
    }
}
