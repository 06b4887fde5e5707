/// When a type's circuit breaker opens, and how it closes.
package struct BreakerSettings: Hashable, Sendable {
    package var isEnabled: Bool
    /// How far back attempts count.
    package var window: Duration
    /// Fewer attempts within the window say nothing.
    package var minimumAttempts: Int
    /// The share of failed attempts at which it opens; above 0, up to 1.
    package var failureRatio: Double
    /// How long it stays open at first; doubled each time its probes fail, up to `maximumPause`.
    package var pause: Duration
    package var maximumPause: Duration
    /// How many tasks try whether it may close.
    package var probes: Int

    package init(
        isEnabled: Bool = true, window: Duration = .seconds(30), minimumAttempts: Int = 20, failureRatio: Double = 0.5,
        pause: Duration = .seconds(10), maximumPause: Duration = .seconds(300), probes: Int = 3
    ) {
        self.isEnabled = isEnabled
        self.window = window
        self.minimumAttempts = minimumAttempts
        self.failureRatio = failureRatio
        self.pause = pause
        self.maximumPause = maximumPause
        self.probes = probes
    }
}
