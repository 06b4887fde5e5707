/// The caller that waits for the first connection.
struct Starting {
    let continuation: CheckedContinuation<Result<Void, AMQPError>, Never>
    let deadline: ContinuousClock.Instant?
}
