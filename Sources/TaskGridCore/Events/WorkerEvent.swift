/// A worker joined or left the grid: what the nameservice tells the events exchange, as JSON.
package struct WorkerEvent: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable {
        case joined, left
    }

    /// Why a worker left.
    package enum Reason: String, Sendable, Codable {
        case deregistered
        case leaseExpired = "lease_expired"
    }

    package var kind: Kind
    package var reason: Reason?
    package var at: Timestamp
    package var worker: RegistryMessage

    package init(kind: Kind, reason: Reason? = nil, at: Timestamp, worker: RegistryMessage) {
        self.kind = kind
        self.reason = reason
        self.at = at
        self.worker = worker
    }
}
