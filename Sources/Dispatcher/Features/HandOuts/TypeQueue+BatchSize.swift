import TaskGridCore

extension TypeQueue {
    /// The approximate cost of a message of its own to the broker and the services: tasks that run in less go together though they might
    /// have been spread.
    private static let messageCost = Duration.microseconds(500)

    /// How many tasks to put into one message when `count` go out together: what is expected to run in
    /// `configuration.batchTarget`, and no more than spreads over all workers where that is worth a message.
    func batchSize(_ count: Int, _ configuration: DispatcherConfiguration) -> Int {
        guard takesBatches, let meanRunTime = runTime.mean else { return 1 }
        let fits = min(Double(configuration.maximumBatch), configuration.batchTarget.seconds / meanRunTime)
        let fair = (count + max(1, concurrency) - 1) / max(1, concurrency)
        let worth = min(Double(count), Self.messageCost.seconds / meanRunTime)
        return max(1, min(Int(fits), max(fair, Int(worth))))
    }
}
