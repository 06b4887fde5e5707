/// The workers that live now, by the order of their ids, a page at a time: all, or those of one type.
package struct WorkersQuery: Query, Hashable {
    package static let name = "workers"
    package static let service = Topology.Service.nameservice

    package var type: TaskType?
    /// Only workers whose id is after this one: the `next` of the answer before.
    package var after: String?

    package init(type: TaskType? = nil, after: String? = nil) {
        self.type = type
        self.after = after
    }

    package struct Answer: Codable, Sendable, Hashable {
        package var workers: [LiveWorker]
        /// The place where the list goes on, as the `after` of the next query; nil: there are no more.
        package var next: String?
        /// The nameservice; nil: it does not say.
        package var service: ServiceStamp?

        package init(workers: [LiveWorker], next: String? = nil, service: ServiceStamp? = nil) {
            self.workers = workers
            self.next = next
            self.service = service
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
