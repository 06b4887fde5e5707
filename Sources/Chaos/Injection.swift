import Foundation
package import LocalGrid

/// One fault, with all that says what exactly is done.
package enum Injection: Hashable, Sendable {
    /// A process dies by SIGKILL.
    case kill(Fault, process: String)
    /// All nodes of the broker die.
    case killBroker
    /// A node of the broker is cut from the others.
    case part(node: Int, for: Duration)
    case wipe
    /// All connections of a party end. A party is a process of the grid, or the client.
    case cut(party: String, Manner)
    /// All connections of a party carry nothing in these directions.
    case stall(party: String, Set<Proxy.Direction>, for: Duration)
    case purge(QueueFault)
    /// An exchange is deleted, or a queue unbound.
    case exchange(RoutingFault)
    case database(DatabaseFault)
    /// Messages over the broker's size limit: submissions, and whatever a stranger publishes.
    case refuse

    /// How connections end.
    package enum Manner: Hashable, Sendable {
        case finish, reset
        /// When half of the next frame has gone in this direction.
        case midFrame(Proxy.Direction)
    }

    /// The queue, and what is done to it.
    package enum QueueFault: String, Hashable, Sendable, CaseIterable {
        case purgeWork, deleteWork, purgeResults, purgeSubmissions
    }

    /// What happens to the database.
    package enum DatabaseFault: Hashable, Sendable {
        /// All its processes die by SIGKILL at once, as on a machine that loses its power. The server starts again.
        case kill
        /// All its processes stand still.
        case freeze(for: Duration)
        /// The server ends the sessions of its clients, as `pg_terminate_backend` does.
        case endSessions
        /// The connections of the dispatchers end, on the way.
        case cut(Manner)
        /// The connections of the dispatchers carry nothing in these directions.
        case stall(Set<Proxy.Direction>, for: Duration)
    }

    /// The exchange that is deleted, or the queue that is unbound from its exchange.
    package enum RoutingFault: String, Hashable, Sendable, CaseIterable {
        case deleteSubmit, deleteWork, deleteResults, deleteReply, deleteRegistry, deleteControl, deleteEvents, deleteRPC
        case unbindSubmit, unbindWork, unbindResults

        var words: String {
            switch self {
            case .deleteSubmit: "delete the submit exchange"
            case .deleteWork: "delete the work exchange"
            case .deleteResults: "delete the results exchange"
            case .deleteReply: "delete the reply exchange"
            case .deleteRegistry: "delete the registry exchange"
            case .deleteControl: "delete the control exchange"
            case .deleteEvents: "delete the events exchange"
            case .deleteRPC: "delete the rpc exchange"
            case .unbindSubmit: "unbind the submit queue"
            case .unbindWork: "unbind the work queue"
            case .unbindResults: "unbind the results queue"
            }
        }
    }

    package var fault: Fault {
        switch self {
        case .kill(let fault, _): fault
        case .killBroker: .broker
        case .part: .part
        case .wipe: .wipe
        case .cut: .cut
        case .stall: .stall
        case .purge: .purge
        case .exchange: .exchange
        case .database: .database
        case .refuse: .refuse
        }
    }

    /// How long it lasts, if it is to be ended; nil: it ends by itself.
    package var time: Duration? {
        switch self {
        case .stall(_, _, let time), .database(.freeze(let time)), .database(.stall(_, let time)): time
        default: nil
        }
    }

    /// A description for people.
    package var words: String {
        switch self {
        case .kill(_, let process): "kill \(process)"
        case .killBroker: "kill broker"
        case .part(let node, let time): "part broker-\(node) from the others for \(Self.shown(time))"
        case .wipe: "kill the broker and wipe its data"
        case .cut(let party, .finish): "cut \(party)"
        case .cut(let party, .reset): "reset \(party)"
        case .cut(let party, .midFrame(.towardBroker)): "cut \(party) in a frame to the broker"
        case .cut(let party, .midFrame(.towardClient)): "cut \(party) in a frame from the broker"
        case .stall(let party, let directions, let time):
            "stall \(party)\(Self.way(directions)) for \(Self.shown(time))"
        case .purge(.purgeWork): "purge the work queue"
        case .purge(.deleteWork): "delete the work queue"
        case .purge(.purgeResults): "purge the results queue"
        case .purge(.purgeSubmissions): "purge the submit queue"
        case .exchange(let route): route.words
        case .database(let fault): Self.words(fault)
        case .refuse: "publish messages over the broker's limit"
        }
    }

    /// The description, with the part that the dispatcher has which is killed.
    package func words(_ role: DispatcherRole?) -> String {
        switch role {
        case .active: "\(words), the active one"
        case .standby: "\(words), which stands by"
        case nil: words
        }
    }

    private static func words(_ fault: DatabaseFault) -> String {
        switch fault {
        case .kill: "kill the database"
        case .freeze(let time): "freeze the database for \(shown(time))"
        case .endSessions: "end the database's sessions"
        case .cut(.finish): "cut the dispatcher from the database"
        case .cut(.reset): "reset the connections to the database"
        case .cut(.midFrame(.towardBroker)): "cut the dispatcher in a request to the database"
        case .cut(.midFrame(.towardClient)): "cut the dispatcher in an answer of the database"
        case .stall(let directions, let time):
            "stall the connections to the database\(way(directions, of: "database")) for \(shown(time))"
        }
    }

    private static func shown(_ time: Duration) -> String {
        time.formatted(.units(allowed: [.seconds, .milliseconds], width: .narrow, maximumUnitCount: 1))
    }

    private static func way(_ directions: Set<Proxy.Direction>, of server: String = "broker") -> String {
        guard directions.count == 1 else { return "" }
        return directions.contains(.towardBroker) ? " toward the \(server)" : " from the \(server)"
    }
}
