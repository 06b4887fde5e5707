/// One task, whole.
public struct TaskQuery: Query, Hashable {
    public typealias Answer = TaskRecord
    public static let name = "task"
    public static let service = Topology.Service.dispatcher

    public var id: TaskID

    public init(id: TaskID) {
        self.id = id
    }
}

/// Asks which of these tasks have ended, and how. A client asks it after a reconnect, when pushed results may be lost.
public struct EndingsQuery: Query, Hashable {
    public static let name = "endings"
    public static let service = Topology.Service.dispatcher
    public static let maximumTasks = 5000

    /// Up to 5000.
    public var tasks: [TaskID]

    public init(tasks: [TaskID]) {
        self.tasks = tasks
    }

    public struct Answer: Codable, Sendable, Hashable {
        /// The ended ones among them, without their payloads.
        public var ended: [TaskRecord]
        /// Those that the store does not know (any more).
        public var unknown: [TaskID]
        /// How many of the ids were looked at, from the first one on: the client asks again for the others. Nil: all of them.
        public var lookedAt: Int?

        enum CodingKeys: String, CodingKey {
            case ended, unknown
            case lookedAt = "looked_at"
        }

        public init(ended: [TaskRecord], unknown: [TaskID], lookedAt: Int? = nil) {
            self.ended = ended
            self.unknown = unknown
            self.lookedAt = lookedAt
        }
    }
}

/// The task counters of every type, by the order of their names, a page at a time.
public struct CountsQuery: Query, Hashable {
    public static let name = "counts"
    public static let service = Topology.Service.dispatcher

    /// Only types after this one: the `next` of the answer before.
    public var after: TaskType?

    public init(after: TaskType? = nil) {
        self.after = after
    }

    public struct Answer: Codable, Sendable, Hashable {
        /// The identity of the store.
        public var store: String
        public var types: [TaskType: TaskCounts]
        /// The types of which nothing is handed out, on request.
        public var paused: [TaskType]?
        /// The circuit breakers that are not closed.
        public var breakers: [TaskType: BreakerState]?
        /// The counters of the types that were forgotten, all of whose tasks have ended and were pruned.
        public var forgotten: TaskCounts?
        /// The place where the list goes on, as the `after` of the next query; nil: there are no more.
        public var next: TaskType?

        public init(
            store: String, types: [TaskType: TaskCounts], paused: [TaskType]? = nil, breakers: [TaskType: BreakerState]? = nil,
            forgotten: TaskCounts? = nil, next: TaskType? = nil
        ) {
            self.store = store
            self.types = types
            self.paused = paused
            self.breakers = breakers
            self.forgotten = forgotten
            self.next = next
        }

        /// How many types fit into an answer: what is said of one takes less than 512 bytes.
        public static func maximumTypes(_ budget: AnswerBudget) -> Int { (budget.bytes - 1024) / 512 }
    }
}
