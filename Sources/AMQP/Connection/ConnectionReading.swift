/// The state of a connection to the broker, which can be read at any time from any thread.
public struct ConnectionReading: Hashable, Sendable {
    public enum State: String, Sendable, Codable {
        /// Connected, and the broker takes messages.
        case connected
        /// Connected, and the broker takes no messages: a memory or disk alarm.
        case blocked
        /// Not connected; it is tried again.
        case unconnected
        /// Not connected, because another connection holds an exclusive queue.
        case locked
        /// It was closed here.
        case closed
    }

    /// An exchange or a queue that somebody has deleted, or an exchange that somebody has declared otherwise.
    public struct Missing: Hashable, Sendable {
        /// When that was found.
        public var since: ContinuousClock.Instant
        /// When it was declared again.
        public var until: ContinuousClock.Instant?
        /// It is there, and somebody has declared it otherwise.
        public var isOtherwise: Bool

        package init(since: ContinuousClock.Instant, until: ContinuousClock.Instant? = nil, isOtherwise: Bool = false) {
            self.since = since
            self.until = until
            self.isOtherwise = isOtherwise
        }
    }

    /// The name in the broker's administration.
    public var name: String
    public var state: State
    /// When it came into its state.
    public var since: ContinuousClock.Instant
    /// Whether it was ever connected.
    public var wasConnected: Bool
    /// The broker's reason for blocking, or why the latest attempt to connect failed.
    public var detail: String?
    /// Queues that it should consume and does not, since when.
    public var unconsumed: [String: ContinuousClock.Instant]
    /// Declared exchanges and queues that somebody has deleted or declared otherwise, by kind and name; also for a moment after they are
    /// declared again.
    public var missing: [String: Missing]

    package init(
        name: String, state: State, since: ContinuousClock.Instant, wasConnected: Bool, detail: String? = nil,
        unconsumed: [String: ContinuousClock.Instant] = [:], missing: [String: Missing] = [:]
    ) {
        self.name = name
        self.state = state
        self.since = since
        self.wasConnected = wasConnected
        self.detail = detail
        self.unconsumed = unconsumed
        self.missing = missing
    }

    /// How long a connection may be away, or without a consumer, before that makes its service unhealthy.
    public static let grace = Duration.seconds(5)

    /// Why a service that needs it is not well now; nil where it is.
    public func problem(at now: ContinuousClock.Instant) -> String? {
        let time = since.duration(to: now)
        let why = detail.map { ": \($0)" } ?? ""
        switch state {
        case .connected:
            if let problem = missingProblem(at: now) { return problem }
            let lapsed = unconsumed.filter { $0.value.duration(to: now) > Self.grace }
            guard let first = lapsed.values.min() else { return nil }
            let queues = lapsed.keys.sorted().joined(separator: ", ")
            return "connection '\(name)' does not consume \(queues) since \(first.duration(to: now).wholeSeconds) s"
        case .blocked:
            return "the broker takes no messages since \(time.wholeSeconds) s, free memory or disk on it (connection '\(name)')\(why)"
        case .unconnected, .locked:
            guard !wasConnected || time > Self.grace else { return nil }
            let ever = wasConnected ? "is lost" : "is not connected yet"
            return "connection '\(name)' \(ever) since \(time.wholeSeconds) s, trying again\(why)"
        case .closed:
            return "connection '\(name)' is closed"
        }
    }

    private func missingProblem(at now: ContinuousClock.Instant) -> String? {
        let shown = missing.filter { $0.value.until.map { now < $0 + Self.grace } ?? true }
        let problems = [false, true].compactMap { isOtherwise -> String? in
            let alike = shown.filter { $0.value.isOtherwise == isOtherwise }
            guard !alike.isEmpty else { return nil }
            let names = alike.keys.sorted().joined(separator: ", ")
            let what = "\(names) was \(isOtherwise ? "declared otherwise" : "deleted") by somebody"
            let isAway = alike.values.contains { $0.until == nil }
            return isAway ? "\(what) and cannot be declared again; its log says why" : "\(what); it is declared again"
        }
        return problems.isEmpty ? nil : problems.joined(separator: "; ")
    }
}
