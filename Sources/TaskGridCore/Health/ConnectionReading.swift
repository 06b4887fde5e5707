/// How a connection to the broker stands, as it can be read at any time from any thread.
public struct ConnectionReading: Hashable, Sendable {
    public enum State: String, Sendable, Codable {
        /// It stands, and the broker takes messages.
        case connected
        /// It stands, and the broker takes no messages: a memory or disk alarm.
        case blocked
        /// It does not stand; it is tried again.
        case unconnected
        /// It does not stand, since another connection holds a queue that is for one alone.
        case locked
        /// It was closed here.
        case closed
    }

    /// What people see in the broker's administration.
    public var name: String
    public var state: State
    /// When it came into its state.
    public var since: ContinuousClock.Instant
    /// Whether it has ever stood.
    public var wasConnected: Bool
    /// The broker's reason for blocking, or why the latest attempt to connect failed.
    public var detail: String?
    /// Queues that it should consume and does not, since when.
    public var unconsumed: [String: ContinuousClock.Instant]

    public init(
        name: String, state: State, since: ContinuousClock.Instant, wasConnected: Bool, detail: String? = nil,
        unconsumed: [String: ContinuousClock.Instant] = [:]
    ) {
        self.name = name
        self.state = state
        self.since = since
        self.wasConnected = wasConnected
        self.detail = detail
        self.unconsumed = unconsumed
    }

    /// How long a connection may be away, or without a consumer, before that makes its service unhealthy.
    public static let grace = Duration.seconds(5)

    /// Why a service that needs it is not well now; nil where it is.
    public func problem(at now: ContinuousClock.Instant) -> String? {
        let time = since.duration(to: now)
        let why = detail.map { ": \($0)" } ?? ""
        switch state {
        case .connected:
            let lapsed = unconsumed.filter { $0.value.duration(to: now) > Self.grace }
            guard let first = lapsed.values.min() else { return nil }
            let queues = lapsed.keys.sorted().joined(separator: ", ")
            return "connection '\(name)' does not consume \(queues) since \(first.duration(to: now).wholeSeconds) s"
        case .blocked:
            return "the broker takes no messages since \(time.wholeSeconds) s, free memory or disk on it (connection '\(name)')\(why)"
        case .unconnected, .locked:
            guard !wasConnected || time > Self.grace else { return nil }
            let ever = wasConnected ? "is lost" : "has not stood yet"
            return "connection '\(name)' \(ever) since \(time.wholeSeconds) s, trying again\(why)"
        case .closed:
            return "connection '\(name)' is closed"
        }
    }
}
