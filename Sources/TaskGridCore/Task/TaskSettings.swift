public import AMQP

/// The settings of a task, beside its payload: how often it is tried, how long and when it may run, and before which others.
///
/// Every description of a task embeds this one value: a submission, the work handed out, the record kept and shown. Most tasks have only
/// the defaults, and those that are submitted together have the same: a value is one reference to the settings that differ from the
/// defaults, `nil` if none does, and copies share it. A new setting is a property here, with its forms beside it
/// (`TaskSettings+Wire.swift` for headers, batches and JSON, `TaskSettings+Columns.swift` for the store).
public struct TaskSettings: Sendable {
    private struct Values: Hashable {
        var maxAttempts: Int?
        var backoff: Backoff?
        var timeout: Duration?
        var priority = 0
        var delay: Duration?
        var expiry: Duration?
        var due: Timestamp?
        var expires: Timestamp?
    }

    private final class Given: Sendable {
        let values: Values

        init(_ values: Values) {
            self.values = values
        }
    }

    private var given: Given?

    /// One of `delay` and `due` at most, and one of `expiry` and `expires`.
    public init(
        maxAttempts: Int? = nil, backoff: Backoff? = nil, timeout: Duration? = nil, priority: Int = 0, delay: Duration? = nil,
        expiry: Duration? = nil, due: Timestamp? = nil, expires: Timestamp? = nil
    ) {
        given = Self.given(
            Values(
                maxAttempts: maxAttempts, backoff: backoff, timeout: timeout, priority: priority, delay: delay, expiry: expiry, due: due,
                expires: expires))
    }

    /// The most attempts that a task can have.
    package static let maximumAttempts = Int(Int32.max)

    private static let defaults = Values()

    private static func given(_ values: Values) -> Given? { values == defaults ? nil : Given(values) }

    private mutating func change(_ body: (inout Values) -> Void) {
        var values = given?.values ?? Self.defaults
        body(&values)
        given = Self.given(values)
    }

    /// Whether nothing but the defaults is given.
    package var areDefault: Bool { given == nil }
}

extension TaskSettings {
    /// The number of attempts, the first included, at least 1; nil: the dispatcher's default. An accepted task always has a number.
    public var maxAttempts: Int? {
        get { given?.values.maxAttempts }
        set { change { $0.maxAttempts = newValue } }
    }

    /// How long a task waits after a failed attempt; nil: the dispatcher's default.
    public var backoff: Backoff? {
        get { given?.values.backoff }
        set { change { $0.backoff = newValue } }
    }

    /// How long an attempt may run, a millisecond to a year (`WireFormat.maximumTimeout`); nil: no limit of its own.
    public var timeout: Duration? {
        get { given?.values.timeout }
        set { change { $0.timeout = newValue } }
    }

    /// 0 to 9; higher goes first.
    public var priority: Int {
        get { given?.values.priority ?? 0 }
        set { change { $0.priority = newValue } }
    }

    /// How long after its acceptance the task is handed out at the earliest; at most `WireFormat.maximumDelay`. An accepted task has a due
    /// time instead.
    public var delay: Duration? {
        get { given?.values.delay }
        set { change { $0.delay = newValue } }
    }

    /// How long after its acceptance the task may be begun, up to `WireFormat.maximumDelay`; zero: it ends as expired, and does not run. An
    /// accepted task has a time at which it expires instead.
    public var expiry: Duration? {
        get { given?.values.expiry }
        set { change { $0.expiry = newValue } }
    }

    /// Not handed out before this time of the wall clock, which a person gave; one that has passed means at once.
    public var due: Timestamp? {
        get { given?.values.due }
        set { change { $0.due = newValue } }
    }

    /// Not begun at or after this time of the wall clock, which a person gave.
    public var expires: Timestamp? {
        get { given?.values.expires }
        set { change { $0.expires = newValue } }
    }
}

extension TaskSettings {
    /// The first setting that is out of its bounds, as a sentence; nil: all are within them.
    package var fault: String? {
        if !(0...WireFormat.maximumPriority).contains(priority) {
            return "the priority of a task is 0 to \(WireFormat.maximumPriority), not \(priority)"
        }
        if let maxAttempts, !(1...Self.maximumAttempts).contains(maxAttempts) {
            return "a task has 1 to \(Self.maximumAttempts) attempts, not \(maxAttempts)"
        }
        if let timeout, !(Duration.milliseconds(1)...WireFormat.maximumTimeout).contains(timeout) {
            return "the timeout of a task is from a millisecond to 366 days"
        }
        if let backoff {
            let isInBounds = backoff.base >= .zero && backoff.base <= backoff.ceiling && backoff.ceiling <= WireFormat.maximumDelay
            if !isInBounds { return "the backoff of a task is from nothing to 10000 days, and its longest wait no shorter than the first" }
            // That is what its text carries.
            let isWhole = [backoff.base, backoff.ceiling].allSatisfy { $0 == .milliseconds($0.milliseconds) }
            if !isWhole { return "the waits of a task's backoff are whole milliseconds" }
        }
        let times = [("delay", delay), ("expiry", expiry)]
        if let time = times.first(where: { !(Duration.zero...WireFormat.maximumDelay).contains($0.1 ?? .zero) }) {
            return "the \(time.0) of a task is from nothing to 10000 days"
        }
        if delay != nil, due != nil { return "a task has a delay or a due time, not both" }
        if expiry != nil, expires != nil { return "a task has an expiry or a time at which it expires, not both" }
        return nil
    }
}

extension TaskSettings: Hashable {
    public static func == (one: TaskSettings, other: TaskSettings) -> Bool {
        one.given === other.given || one.given?.values == other.given?.values
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(given?.values)
    }

    /// Whether both are the same reference, which is found out faster than equality.
    package func isSame(as other: TaskSettings) -> Bool { given === other.given }
}
