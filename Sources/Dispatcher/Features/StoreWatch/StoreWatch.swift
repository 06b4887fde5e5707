import Logging
import ServiceSupport
import TaskGridCore
import TaskStore

/// Looks every few seconds whether the store can still be written, also while nothing is to be written. It tells the health endpoint, the
/// log, and the monitor by an event what it finds, and what commits have found (``StoreTrouble``).
struct StoreWatch: Sendable {
    private static let interval = Duration.seconds(5)
    /// How many looks there are between two events of the same problem.
    private static let repeats = 6

    /// The looks in a row after which there is trouble.
    struct Failures: Hashable {
        var count = 0
        /// That of the latest.
        var code: StoreError.Code?
    }

    let store: any TaskStore
    let trouble: StoreTrouble
    let vitals: Vitals
    let logger: Logger
    /// Publishes the event of a problem, with its text, or that it is over, with nil.
    let publish: @Sendable (String?) async -> Void

    /// Looks until the task is cancelled.
    func run() async {
        let pulse = vitals.pulse("store", period: Self.interval)
        defer { pulse.ends() }
        var failures = Failures()
        while (try? await Task.sleep(for: Self.interval)) != nil {
            pulse.works()
            guard let next = await look(after: failures) else { return }
            failures = next
            pulse.waits()
        }
    }

    /// Looks once.
    ///
    /// - Parameter failures: the looks in a row before this one after which there was trouble.
    /// - Returns: those now; nil for a store that is closed.
    func look(after failures: Failures) async -> Failures? {
        do throws(StoreError) {
            try await store.check()
            trouble.ended(.look)
        } catch {
            // A store that is closed is closed by its own dispatcher, which stops.
            guard error.code != .closed else { return nil }
            trouble.found(error, by: .look)
        }
        guard let error = trouble.error else {
            if failures.count > 0 { await tell(nil) }
            return Failures()
        }
        if failures.count.isMultiple(of: Self.repeats) || failures.code != error.code { await tell(error) }
        return Failures(count: failures.count + 1, code: error.code)
    }

    /// - Parameter error: the store's present error; nil: none any more.
    private func tell(_ error: StoreError?) async {
        if let error {
            logger.error("store cannot be used, submissions are refused", metadata: [LogKey.error: "\(error)"])
        } else {
            logger.notice("store can be used again")
        }
        await publish(error?.message)
    }
}
