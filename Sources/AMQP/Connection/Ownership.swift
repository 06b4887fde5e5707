/// Which of its declarations a connection owns, and how it looks after them.
///
/// A connection declares actively what it owns, and passively what it only uses: it looks whether that is there, takes it as it is, and
/// declares it where it is missing. So nothing depends on the order in which programs start, and a user without the permission to
/// configure can use what others have declared. Exclusive queues are always the connection's own. It binds the queues that it has declared
/// itself.
///
/// AMQP tells a consumer that its queue was deleted. It tells nobody that an exchange or a binding was, so the owner looks for itself.
public enum Ownership: Hashable, Sendable {
    /// Owns its exclusive queues, and looks after nothing.
    case none
    /// Owns its exclusive queues: binds what it has bound again now and then, and declares everything again where an exchange or a queue is
    /// missing.
    case bindings(every: Duration)
    /// Owns its queues, too: replaces those that somebody has declared otherwise, with what they hold, and looks after them and its bindings.
    case queues(every: Duration)
    /// Owns everything that it declares, and looks at every exchange too: declares one that is missing, and replaces one that somebody has
    /// declared otherwise. An exchange without its owner's bindings drops what is published to it: only one that binds the queues that matter
    /// owns exchanges.
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

    var ownsQueues: Bool {
        switch self {
        case .queues, .everything: true
        case .none, .bindings: false
        }
    }
}
