/// The kinds of faults that can be injected.
package enum Fault: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
    case worker, dispatcher, nameservice, monitor, broker, node, part, database, cut, stall, purge, wipe, exchange, refuse

    /// A description in a line, for people.
    package var summary: String {
        switch self {
        case .worker: "a worker is killed (SIGKILL)"
        case .dispatcher: "the dispatcher is killed, or one of several"
        case .nameservice: "the nameservice is killed"
        case .monitor: "the monitor is killed"
        case .broker: "the broker is killed, all its nodes at once"
        case .node: "a node of a cluster is killed"
        case .part: "a node of a cluster is cut from the others"
        case .database: "PostgreSQL is killed, frozen or cut off"
        case .cut: "one process's connections are cut: FIN, RST, within a frame"
        case .stall: "one process's connections stand still, one way or both"
        case .purge: "a queue is purged, or the work queue deleted"
        case .wipe: "the broker is killed, and starts again without its data"
        case .exchange: "an exchange is deleted, or a queue unbound"
        case .refuse: "messages over the broker's size limit come among the others"
        }
    }

    /// Whether it needs a broker of several nodes.
    package var needsCluster: Bool { self == .node || self == .part }

    /// All that can be injected into a grid whose broker has this many nodes, and whose tasks are in PostgreSQL or not.
    package static func all(nodes: Int, hasDatabase: Bool = false) -> Set<Fault> {
        Set(allCases.filter { (nodes > 1 || !$0.needsCluster) && (hasDatabase || $0 != .database) })
    }

    /// Reads names set apart by commas; `all` is all of them.
    ///
    /// - Throws: `UnknownFault`.
    package static func read(_ text: String) throws(UnknownFault) -> Set<Fault> {
        var faults: Set<Fault> = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            if name == "all" {
                faults.formUnion(allCases)
            } else {
                guard let fault = Fault(rawValue: String(name)) else { throw UnknownFault(name: String(name)) }
                faults.insert(fault)
            }
        }
        return faults
    }
}

/// A name that is none of a fault.
package struct UnknownFault: Error, Hashable, CustomStringConvertible {
    package let name: String

    package var description: String {
        "'\(name)' is no fault: name \(Fault.allCases.map(\.rawValue).joined(separator: ", ")) or all, set apart by commas"
    }
}
