import TaskGridCore
import WebSupport

/// Something in the grid that is worth a person's time, for as long as it lasts.
struct Alert: Hashable, Sendable {
    enum Severity: String, Hashable, Sendable, CaseIterable, Encodable {
        /// Tasks fail, or stand still.
        case critical
        /// Tasks are late, or something is not as it should be.
        case warning
    }

    /// In the order in which alerts are told: causes before their consequences.
    enum Kind: String, Hashable, Sendable, CaseIterable, Encodable {
        /// The monitor has no connection to the broker.
        case brokerUnreachable = "broker_unreachable"
        /// The broker accepts no messages.
        case brokerAlarm = "broker_alarm"
        /// The dispatcher is silent: no task is accepted, handed out or ended.
        case dispatcherSilent = "dispatcher_silent"
        /// The dispatcher's store takes no changes.
        case storeUnavailable = "store_unavailable"
        /// The ledger of a type does not balance.
        case ledgerMismatch = "ledger_mismatch"
        /// Tasks of a type wait, and no worker of the type lives.
        case noWorker = "no_worker"
        /// The circuit breaker of a type holds its tasks back.
        case breakerOpen = "breaker_open"
        /// Too many of the endings of tasks of a type of late were failures.
        case failureRate = "failure_rate"
        /// A worker went silent without saying goodbye.
        case heartbeatLost = "heartbeat_lost"
        /// More tasks of a type come than end, and have for some minutes.
        case backlogGrows = "backlog_grows"
        /// A task of a type waits for too long.
        case oldestWaiting = "oldest_waiting"
        /// The nameservice is silent: workers that join and leave are not reported.
        case nameserviceSilent = "nameservice_silent"
        /// The monitor's history cannot be written.
        case historyUnavailable = "history_unavailable"

        var severity: Severity {
            switch self {
            case .brokerUnreachable, .brokerAlarm, .dispatcherSilent, .storeUnavailable, .ledgerMismatch, .noWorker, .breakerOpen,
                .failureRate:
                .critical
            case .heartbeatLost, .backlogGrows, .oldestWaiting, .nameserviceSilent, .historyUnavailable: .warning
            }
        }

        fileprivate static let ranks = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

        /// How long it must last before it is told: what passes by itself as things start or reconnect is no alert.
        var grace: Duration {
            switch self {
            case .noWorker, .brokerUnreachable: .seconds(5)
            case .heartbeatLost: .seconds(3)
            // Silence has lasted already when it is one.
            case .breakerOpen, .ledgerMismatch, .brokerAlarm, .dispatcherSilent, .nameserviceSilent, .storeUnavailable, .historyUnavailable,
                .failureRate, .backlogGrows, .oldestWaiting:
                .zero
            }
        }

        /// It is the broker that needs a person.
        var isOfBroker: Bool { self == .brokerUnreachable || self == .brokerAlarm }

        /// It is known from what the broker brings of workers and services.
        var isHeardOf: Bool {
            switch self {
            case .noWorker, .heartbeatLost, .dispatcherSilent, .nameserviceSilent, .failureRate, .backlogGrows, .oldestWaiting: true
            case .breakerOpen, .ledgerMismatch, .brokerAlarm, .brokerUnreachable, .storeUnavailable, .historyUnavailable: false
            }
        }
    }

    /// The identity of an alert: two with the same one are the same.
    struct Subject: Hashable, Comparable, Sendable {
        var kind: Kind
        var type: TaskType?
        var worker: String?

        private var order: (Int, String, String) { (Kind.ranks[kind] ?? 0, type?.name ?? "", worker ?? "") }

        static func < (lhs: Subject, rhs: Subject) -> Bool { lhs.order < rhs.order }
    }

    /// What is so of a subject. A text is a condition whose message it is.
    struct Condition: Hashable, Sendable, ExpressibleByStringInterpolation {
        /// A message: what happened and what to do.
        var message: String
        /// The worker that the message names, where the subject names none.
        var worker: String?

        init(stringLiteral message: String) { self.init(message) }

        init(_ message: String, worker: String? = nil) {
            self.message = message
            self.worker = worker
        }
    }

    var subject: Subject
    /// The monitor's time at which it began to be so.
    var since: Timestamp
    /// A message: what happened and what to do.
    var message: String
    /// The worker that the message names, where the subject names none.
    var namedWorker: String?

    /// The worker that it is about, or that its message names.
    var worker: String? { subject.worker ?? namedWorker }
}

extension LiveReport {
    /// How long one has to listen before every alert is known: failures and backlogs are those of so long a time.
    package static let longestLook = BacklogTrend.window
}

/// An alert as JSON shows it.
package struct AlertReport: Encodable, Sendable {
    static let schema = JSONSchema.object([
        "kind": .choice(Alert.Kind.self), "severity": .choice(Alert.Severity.self), "type": .taskType.nullable, "worker": .string.nullable,
        "since": .time,
        "message": .string.described("A message: what happened and what to do."),
    ]).named("Alert")

    var kind: Alert.Kind
    var severity: Alert.Severity
    @Nullable var type: TaskType?
    @Nullable var worker: String?
    var since: String
    package var message: String
    package var isCritical: Bool { severity == .critical }

    init(_ alert: Alert) {
        kind = alert.subject.kind
        severity = alert.subject.kind.severity
        _type = Nullable(wrappedValue: alert.subject.type)
        _worker = Nullable(wrappedValue: alert.worker)
        since = alert.since.description
        message = alert.message
    }
}

/// The start or the end of an alert, as the event `alert` tells it.
struct AlertChange: Encodable, Sendable {
    var alert: Alert
    /// Whether it starts; else it ends.
    var isActive: Bool
    var at: Timestamp

    private enum CodingKeys: String, CodingKey {
        case active, at
    }

    func encode(to encoder: any Encoder) throws {
        try AlertReport(alert).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isActive, forKey: .active)
        try container.encode(at.description, forKey: .at)
    }
}
