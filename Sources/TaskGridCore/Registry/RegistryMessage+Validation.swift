extension RegistryMessage {
    /// The most types that a worker may have.
    package static let maximumTypes = 1000
    /// The most tasks that it may hold, begun or not.
    package static let maximumHeld = 200_000

    /// Milliseconds between two heartbeats. A longer one counts as the longest, so that no lease lasts more than three minutes.
    package static let intervals = 10...60_000

    /// Whether it is within the bounds of the wire.
    ///
    /// - Throws: `malformedBody`, which names the first field that is not.
    package func validate() throws(WireError) {
        guard !worker.isEmpty, worker.isName(atMost: WireFormat.maximumIDLength) else {
            throw WireError(.malformedBody, "worker: 1 to \(WireFormat.maximumIDLength) bytes without control characters")
        }
        for (field, text) in [("host", host), ("version", version)] where !text.isName(atMost: WireFormat.maximumNameLength) {
            throw WireError(.malformedBody, "\(field): up to \(WireFormat.maximumNameLength) bytes without control characters")
        }
        guard !types.isEmpty, types.count <= Self.maximumTypes else {
            throw WireError(.malformedBody, "types: 1 to \(Self.maximumTypes) task types")
        }
        guard interval >= Self.intervals.lowerBound else {
            throw WireError(.malformedBody, "interval_ms: \(Self.intervals.lowerBound) or more")
        }
        guard (1...1_000_000).contains(concurrency), (0...1_000_000).contains(prefetch) else {
            throw WireError(.malformedBody, "concurrency and prefetch: up to 1000000")
        }
        guard running.count <= Self.maximumHeld, waiting.count <= Self.maximumHeld - running.count else {
            throw WireError(.malformedBody, "running and waiting: together up to \(Self.maximumHeld) tasks")
        }
    }
}

extension String {
    /// Short, and safe to be shown on a terminal and in a log.
    fileprivate func isName(atMost length: Int) -> Bool {
        utf8.count <= length && unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}
