/// The users by which the services log in to the broker, where not everybody has the same login.
///
/// Workers and clients take the word of the dispatcher's and of their own user, and of the others where it is theirs to give.
public struct ServiceUsers: Hashable, Sendable {
    public var dispatcher: String
    public var nameservice: String
    public var monitor: String

    public init(dispatcher: String, nameservice: String, monitor: String) {
        self.dispatcher = dispatcher
        self.nameservice = nameservice
        self.monitor = monitor
    }

    /// The users that `taskgrid users` makes for a grid: `taskgrid-dispatcher`, `taskgrid-nameservice` and `taskgrid-monitor` for the
    /// prefix `taskgrid`.
    ///
    /// - Parameter prefix: the grid's prefix.
    public init(prefix: String) {
        let name = String(prefix.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        self.init(dispatcher: "\(name)-dispatcher", nameservice: "\(name)-nameservice", monitor: "\(name)-monitor")
    }

    package var all: [String] { [dispatcher, nameservice, monitor] }
}
