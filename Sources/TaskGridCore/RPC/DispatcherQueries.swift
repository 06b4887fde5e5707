/// One task, whole.
package struct TaskQuery: Query, Hashable {
    package typealias Answer = TaskRecord
    package static let name = "task"
    package static let service = Topology.Service.dispatcher

    package var id: TaskID

    package init(id: TaskID) {
        self.id = id
    }
}

/// Asks which of these tasks have ended, and how. A client asks it after a reconnect, when pushed results may be lost.
package struct EndingsQuery: Query, Hashable {
    package static let name = "endings"
    package static let service = Topology.Service.dispatcher
    package static let maximumTasks = 5000

    /// Up to 5000.
    package var tasks: [TaskID]

    package init(tasks: [TaskID]) {
        self.tasks = tasks
    }

    package struct Answer: Codable, Sendable, Hashable {
        /// The ended ones among them, without their payloads.
        package var ended: [TaskRecord]
        /// Those that the store does not know (any more).
        package var unknown: [TaskID]
        /// How many of the ids were looked at, from the first one on: the client asks again for the others. Nil: all of them.
        package var lookedAt: Int?

        enum CodingKeys: String, CodingKey {
            case ended, unknown
            case lookedAt = "looked_at"
        }

        package init(ended: [TaskRecord], unknown: [TaskID], lookedAt: Int? = nil) {
            self.ended = ended
            self.unknown = unknown
            self.lookedAt = lookedAt
        }
    }
}

/// The task counters of every type, by the order of their names, a page at a time.
package struct CountsQuery: Query, Hashable {
    package static let name = "counts"
    package static let service = Topology.Service.dispatcher

    /// Only types after this one: the `next` of the answer before.
    package var after: TaskType?

    package init(after: TaskType? = nil) {
        self.after = after
    }

    package struct Answer: Codable, Sendable, Hashable {
        /// The identity of the store.
        package var store: String
        package var types: [TaskType: TaskCounts]
        /// The types of which nothing is handed out, on request.
        package var paused: [TaskType]?
        /// When the pauses end that end by themselves.
        package var pausedUntil: [TaskType: Timestamp]?
        /// The circuit breakers that are not closed.
        package var breakers: [TaskType: BreakerState]?
        /// The counters of the types that were forgotten, all of whose tasks have ended and were pruned.
        package var forgotten: TaskCounts?
        /// The place where the list goes on, as the `after` of the next query; nil: there are no more.
        package var next: TaskType?

        enum CodingKeys: String, CodingKey {
            case store, types, paused, breakers, forgotten, next
            case pausedUntil = "paused_until"
        }

        package init(
            store: String, types: [TaskType: TaskCounts], paused: [TaskType]? = nil, pausedUntil: [TaskType: Timestamp]? = nil,
            breakers: [TaskType: BreakerState]? = nil,
            forgotten: TaskCounts? = nil, next: TaskType? = nil
        ) {
            self.store = store
            self.types = types
            self.paused = paused
            self.pausedUntil = pausedUntil
            self.breakers = breakers
            self.forgotten = forgotten
            self.next = next
        }

        /// How many types fit into an answer: what is said of one takes less than 512 bytes.
        package static func maximumTypes(_ budget: AnswerBudget) -> Int { (budget.bytes - 1024) / 512 }
    }
}
