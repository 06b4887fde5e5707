/// One task, whole.
public struct TaskQuestion: Question, Hashable {
    public typealias Answer = TaskRecord
    public static let name = "task"
    public static let service = Topology.Service.dispatcher

    public var id: TaskID

    public init(id: TaskID) {
        self.id = id
    }
}

/// Which of these tasks have ended, and how: what a client asks after a reconnect, when pushed results may be lost.
public struct EndingsQuestion: Question, Hashable {
    public static let name = "endings"
    public static let service = Topology.Service.dispatcher
    public static let maximumTasks = 5000

    /// Up to 5000.
    public var tasks: [TaskID]

    public init(tasks: [TaskID]) {
        self.tasks = tasks
    }

    public struct Answer: Codable, Sendable, Hashable {
        /// The ended ones among them, without their payloads; where they are large not all, and who asked asks again.
        public var ended: [TaskRecord]
        /// Those that the store does not know (any more).
        public var unknown: [TaskID]

        public init(ended: [TaskRecord], unknown: [TaskID]) {
            self.ended = ended
            self.unknown = unknown
        }
    }
}

/// The books of every type.
public struct CountsQuestion: Question, Hashable {
    public static let name = "counts"
    public static let service = Topology.Service.dispatcher

    public init() {}

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

        public init(
            store: String, types: [TaskType: TaskCounts], paused: [TaskType]? = nil, breakers: [TaskType: BreakerState]? = nil,
            forgotten: TaskCounts? = nil
        ) {
            self.store = store
            self.types = types
            self.paused = paused
            self.breakers = breakers
            self.forgotten = forgotten
        }
    }
}
