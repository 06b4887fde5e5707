import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Looks every few seconds whether the store can still be written, also while nothing is to be written: tells the health endpoint, the
/// log, and the monitor by an event.
struct StoreWatch: Sendable {
    private static let interval = Duration.seconds(5)
    /// How many looks there are between two events of the same problem.
    private static let repeats = 6

    let store: any TaskStore
    let vitals: Vitals
    let logger: Logger
    /// Publishes the event of a problem, with its text, or that it is over, with nil.
    let publish: @Sendable (String?) async -> Void

    /// Looks until the task is cancelled.
    func run() async {
        let pulse = vitals.pulse("store", period: Self.interval)
        defer { pulse.ends() }
        var failures = 0
        while (try? await Task.sleep(for: Self.interval)) != nil {
            pulse.works()
            guard let count = await look(after: failures) else { return }
            failures = count
            pulse.waits()
        }
    }

    /// Looks once.
    ///
    /// - Parameter failures: how many looks in a row have failed before.
    /// - Returns: How many have failed now; nil for a store that is closed.
    func look(after failures: Int) async -> Int? {
        do throws(StoreError) {
            try await store.check()
            if failures > 0 { await tell(nil) }
            return 0
        } catch {
            // A store that is closed is closed by its own dispatcher, which stops.
            guard error.code != .closed else { return nil }
            if failures.isMultiple(of: Self.repeats) { await tell(error) }
            return failures + 1
        }
    }

    /// - Parameter error: the store's present error; nil: none any more.
    private func tell(_ error: StoreError?) async {
        vitals.problem("store", error?.message)
        if let error {
            logger.error("store cannot be used, submissions are refused", metadata: [LogKey.error: "\(error)"])
        } else {
            logger.notice("store can be used again")
        }
        await publish(error?.message)
    }
}
