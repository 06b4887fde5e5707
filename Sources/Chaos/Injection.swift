import Foundation
public import LocalGrid

/// One fault, with all that says what exactly is done.
public enum Injection: Hashable, Sendable {
    /// A process dies by SIGKILL.
    case kill(Fault, process: String)
    case wipe
    /// All connections of a party end. A party is a process of the grid, or the client.
    case cut(party: String, Manner)
    /// All connections of a party carry nothing in these directions.
    case stall(party: String, Set<Proxy.Direction>, for: Duration)
    case purge(Queue)

    /// How connections end.
    public enum Manner: Hashable, Sendable {
        case finish, reset
        /// When half of the next frame has gone in this direction.
        case midFrame(Proxy.Direction)
    }

    /// Which queue, and what is done to it.
    public enum Queue: String, Hashable, Sendable, CaseIterable {
        case purgeWork, deleteWork, purgeResults, purgeSubmissions
    }

    public var fault: Fault {
        switch self {
        case .kill(let fault, _): fault
        case .wipe: .wipe
        case .cut: .cut
        case .stall: .stall
        case .purge: .purge
        }
    }

    /// What is done, in words for people.
    public var words: String {
        switch self {
        case .kill(_, let process): "kill \(process)"
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
        }
    }

    private static func shown(_ time: Duration) -> String {
        time.formatted(.units(allowed: [.seconds, .milliseconds], width: .narrow, maximumUnitCount: 1))
    }

    private static func way(_ directions: Set<Proxy.Direction>) -> String {
        guard directions.count == 1 else { return "" }
        return directions.contains(.towardBroker) ? " toward the broker" : " from the broker"
    }
}
