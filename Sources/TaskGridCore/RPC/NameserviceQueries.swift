/// The workers that live now, by the order of their ids, a page at a time: all, or those of one type.
public struct WorkersQuery: Query, Hashable {
    public static let name = "workers"
    public static let service = Topology.Service.nameservice

    public var type: TaskType?
    /// Only workers whose id is after this one: the `next` of the answer before.
    public var after: String?

    public init(type: TaskType? = nil, after: String? = nil) {
        self.type = type
        self.after = after
    }

    public struct Answer: Codable, Sendable, Hashable {
        public var workers: [LiveWorker]
        /// The place where the list goes on, as the `after` of the next query; nil: there are no more.
        public var next: String?

        public init(workers: [LiveWorker], next: String? = nil) {
            self.workers = workers
            self.next = next
        }
    }
}

/// A worker that holds a lease.
public struct LiveWorker: Hashable, Sendable, Codable {
    /// Its latest message.
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
