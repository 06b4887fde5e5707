/// The time that the host goes by; tests bring their own.
struct HostClock: Sendable {
    var now: @Sendable () -> ContinuousClock.Instant
    /// Returns at the instant; throws `CancellationError` where the task is cancelled before.
    var sleep: @Sendable (_ until: ContinuousClock.Instant) async throws -> Void

    static let continuous = HostClock(
        now: { ContinuousClock.now },
        sleep: { try await ContinuousClock().sleep(until: $0) }
    )
}
