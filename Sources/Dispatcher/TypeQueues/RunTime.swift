import TaskGridCore

/// How long the attempts of a type run, as a moving average. Pure.
struct RunTime {
    /// In seconds; nil before the first.
    private(set) var mean: Double?
    /// An attempt has ended since the latest ``second(running:)``.
    private var hasEnded = false

    /// An attempt ran so long; the newest count for an eighth.
    mutating func record(_ duration: Duration) {
        hasEnded = true
        let seconds = max(duration.seconds, 1e-7)
        mean = mean.map { $0 + (seconds - $0) / 8 } ?? seconds
    }

    /// Called each second. If nothing has ended since the last call, an attempt that runs counts with its time so far: a type whose
    /// tasks have become long is known before the first of them ends.
    mutating func second(running: @autoclosure () -> Duration?) {
        if !hasEnded, let duration = running() { record(duration) }
        hasEnded = false
    }
}
