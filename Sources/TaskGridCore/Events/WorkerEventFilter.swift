/// Passes each change of a worker once: every nameservice tells of it, and more than one may run.
///
/// An event is nothing new if it is of the same kind as the latest one of its worker. A bounded number of workers is remembered.
package struct WorkerEventFilter {
    /// Twice as many workers as a nameservice knows.
    static let maximum = 20_000

    private var latest: [String: WorkerEvent.Kind] = [:]

    package init() {}

    /// Notes an event.
    ///
    /// - Parameter event: what a nameservice tells.
    /// - Returns: whether it says something new.
    package mutating func isNew(_ event: WorkerEvent) -> Bool {
        let worker = event.worker.worker
        guard latest[worker] != event.kind else { return false }
        if latest.count >= Self.maximum { latest = latest.filter { $0.value == .joined } }
        if latest.count >= Self.maximum { latest = [:] }
        latest[worker] = event.kind
        return true
    }
}
