/// How a connection looks after the exchanges, queues and bindings that it declares.
///
/// AMQP tells a consumer that its queue was deleted. It tells nobody that an exchange or a binding was, so the owner looks for itself.
public enum Ownership: Hashable, Sendable {
    case none
    /// Binds its queues again now and then, and declares everything again where an exchange or a queue is missing.
    case bindings(every: Duration)
    /// Replaces queues that an earlier version has declared otherwise, with what they hold, and looks after its bindings.
    case queues(every: Duration)
    /// The same, and looks at every exchange that it declares. An exchange without its owner's bindings drops what is published to it:
    /// only one that binds the queues that matter declares exchanges by itself.
    case everything(every: Duration)

    /// How often services look: what is deleted is there again within ten seconds.
    package static let interval = Duration.seconds(4)

    var interval: Duration? {
        switch self {
        case .none: nil
        case .bindings(let interval), .queues(let interval), .everything(let interval): interval
        }
    }

    var ownsExchanges: Bool {
        if case .everything = self { true } else { false }
    }

    var replaces: Bool {
        switch self {
        case .queues, .everything: true
        case .none, .bindings: false
        }
    }
}
