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
        /// What was told last.
        var message: String?
    }

    let store: any TaskStore
    let trouble: StoreTrouble
    let vitals: Vitals
    let logger: Logger
    /// Publishes the event of a problem, with its text, or that it is over, with nil.
    let publish: @Sendable (String?) async -> Void

    /// Looks until the task is cancelled. A look may take long: what commits have ended is told meanwhile.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var failures = Failures()
                for await _ in trouble.news { failures = await report(after: failures) }
            }
            await keepLooking()
            group.cancelAll()
        }
    }

    private func keepLooking() async {
        let pulse = vitals.pulse("store", period: Self.interval)
        defer { pulse.ends() }
        while (try? await Task.sleep(for: Self.interval)) != nil {
            pulse.works()
            guard await look() else { return }
            trouble.looked()
            pulse.waits()
        }
    }

    /// Looks once.
    ///
    /// - Returns: false for a store that is closed.
    func look() async -> Bool {
        do throws(StoreError) {
            try await store.check()
            trouble.ended(.look)
        } catch {
            // A store that is closed is closed by its own dispatcher, which stops.
            guard error.code != .closed else { return false }
            trouble.found(error, by: .look)
        }
        return true
    }

    /// Tells what there is to tell.
    ///
    /// - Parameter failures: the looks in a row before this one after which there was trouble.
    /// - Returns: those now.
    func report(after failures: Failures) async -> Failures {
        guard let error = trouble.error else {
            if failures.count > 0 { await tell(nil) }
            return Failures()
        }
        let message = trouble.concernsReadsOnly ? "\(error.message); submissions are accepted, only reads fail" : error.message
        if failures.count.isMultiple(of: Self.repeats) || failures.message != message { await tell(message) }
        return Failures(count: failures.count + 1, message: message)
    }

    /// - Parameter message: the store's present error; nil: none any more.
    private func tell(_ message: String?) async {
        if let message {
            logger.error("store cannot be used", metadata: [LogKey.error: "\(message)"])
        } else {
            logger.notice("store can be used again")
        }
        await publish(message)
    }
}
