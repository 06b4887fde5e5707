import AMQP
import ServiceSupport

/// Tells once that a dispatcher stands by, for those who wait until it is ready.
struct StandbyWatch: Sendable {
    /// How long a dispatcher has stood by, as far as looks at it tell.
    struct Reading: Hashable {
        /// One that takes over sooner is about to serve.
        static let patience = Duration.seconds(5)

        private var since: ContinuousClock.Instant?

        /// - Returns: Whether it has stood by for long enough.
        mutating func look(_ isStandingBy: Bool, at now: ContinuousClock.Instant) -> Bool {
            guard isStandingBy else {
                since = nil
                return false
            }
            let since = self.since ?? now
            self.since = since
            return since + Self.patience <= now
        }
    }

    let vitals: Vitals
    let tell: @Sendable () -> Void

    /// Starts the consuming connection, which waits while the dispatcher stands by.
    func run(during consuming: Connection) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watch() }
            defer { group.cancelAll() }
            try await consuming.start()
        }
    }

    private func watch() async {
        var reading = Reading()
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            guard reading.look(vitals.isStandingBy, at: .now) else { continue }
            return tell()
        }
    }
}
