/// The workers that live now: all, or those of one type.
public struct WorkersQuestion: Question, Hashable {
    public static let name = "workers"
    public static let service = Topology.Service.nameservice

    public var type: TaskType?

    public init(type: TaskType? = nil) {
        self.type = type
    }

    public struct Answer: Codable, Sendable, Hashable {
        public var workers: [LiveWorker]

        public init(workers: [LiveWorker]) {
            self.workers = workers
        }
    }
}

/// A worker that holds a lease.
public struct LiveWorker: Hashable, Sendable, Codable {
    /// What its latest message said.
    public var worker: RegistryMessage
    /// When that message came.
    public var lastSeen: Timestamp

    enum CodingKeys: String, CodingKey {
        case worker
        case lastSeen = "last_seen"
    }

    public init(worker: RegistryMessage, lastSeen: Timestamp) {
        self.worker = worker
        self.lastSeen = lastSeen
    }
}
