/// A worker joined or left the grid: what the nameservice tells the events exchange, as JSON.
public struct WorkerEvent: Hashable, Sendable, Codable {
    public enum Kind: String, Sendable, Codable {
        case joined, left
    }

    /// Why a worker left.
    public enum Reason: String, Sendable, Codable {
        case deregistered
        case leaseExpired = "lease_expired"
    }

    public var kind: Kind
    public var reason: Reason?
    public var at: Timestamp
    public var worker: RegistryMessage

    public init(kind: Kind, reason: Reason? = nil, at: Timestamp, worker: RegistryMessage) {
        self.kind = kind
        self.reason = reason
        self.at = at
        self.worker = worker
    }
}
