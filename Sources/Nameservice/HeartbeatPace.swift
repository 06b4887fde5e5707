/// How often workers are to speak, by how many there are: all together about a thousand times a second at most. Pure.
struct HeartbeatPace {
    /// Up to so many workers the interval is so many milliseconds.
    private static let steps: [(workers: Int, interval: Int)] = [(1_000, 1_000), (2_000, 2_000), (5_000, 5_000), (.max, 10_000)]

    private var step = 0

    /// Milliseconds between two heartbeats of a worker.
    var interval: Int { Self.steps[step].interval }

    /// Returns whether the interval has changed. It grows at once; it becomes shorter only when a quarter fewer workers are there
    /// than it takes, so that a few that come and go do not change it each time.
    mutating func update(workers: Int) -> Bool {
        let before = step
        while workers > Self.steps[step].workers { step += 1 }
        while step > 0, workers < Self.steps[step - 1].workers / 4 * 3 { step -= 1 }
        return step != before
    }
}
