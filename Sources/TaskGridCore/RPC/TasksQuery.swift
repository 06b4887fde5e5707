/// Tasks that a filter means, the newest first, a page at a time.
package struct TasksQuery: Query, Hashable {
    package static let name = "tasks"
    package static let service = Topology.Service.dispatcher
    package static let maximumLimit = 1000

    package var filter: TaskFilter
    /// Only tasks with a lower id: the `next` of the answer before.
    package var before: TaskID?
    /// 1 to 1000.
    package var limit: Int
    /// Whether payloads and results are left out: they are cut to nothing, and marked with their sizes.
    package var isBrief: Bool

    package init(_ filter: TaskFilter, before: TaskID? = nil, limit: Int = 50, isBrief: Bool = false) {
        self.filter = filter
        self.before = before
        self.limit = limit
        self.isBrief = isBrief
    }

    package init(type: TaskType? = nil, state: TaskState? = nil, before: TaskID? = nil, limit: Int = 50) {
        self.init(TaskFilter(type: type, state: state), before: before, limit: limit)
    }

    package struct Answer: Codable, Sendable, Hashable {
        package var tasks: [TaskRecord]
        /// The place where the search goes on, as the `before` of the next query: large tasks, and searches that look at many, take
        /// more than one answer, which may be an empty one. Nil: there are no more. A task that alone is larger than an answer
        /// has its payload and its result cut.
        package var next: TaskID?

        package init(tasks: [TaskRecord], next: TaskID? = nil) {
            self.tasks = tasks
            self.next = next
        }
    }
}

/// The filter's members are beside the others in JSON.
extension TasksQuery {
    enum CodingKeys: String, CodingKey {
        case before, limit
        case isBrief = "brief"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try TaskFilter(from: decoder), before: try container.decodeIfPresent(TaskID.self, forKey: .before),
            limit: try container.decode(Int.self, forKey: .limit),
            isBrief: try container.decodeIfPresent(Bool.self, forKey: .isBrief) ?? false
        )
    }

    package func encode(to encoder: any Encoder) throws {
        try filter.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(before, forKey: .before)
        try container.encode(limit, forKey: .limit)
        if isBrief { try container.encode(isBrief, forKey: .isBrief) }
    }
}

/// How many tasks a filter means; the answer to one query is a part of the count where there are many to look at.
package struct MatchesQuery: Query, Hashable {
    package static let name = "matches"
    package static let service = Topology.Service.dispatcher

    package var filter: TaskFilter
    /// Only tasks with a lower id: the `next` of the answer before.
    package var before: TaskID?

    package init(_ filter: TaskFilter, before: TaskID? = nil) {
        self.filter = filter
        self.before = before
    }

    package struct Answer: Codable, Sendable, Hashable {
        package var count: Int
        /// The place where the count goes on, as the `before` of the next query; nil: it is done.
        package var next: TaskID?

        package init(count: Int, next: TaskID? = nil) {
            self.count = count
            self.next = next
        }
    }
}

extension MatchesQuery {
    enum CodingKeys: String, CodingKey {
        case before
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try TaskFilter(from: decoder), before: try container.decodeIfPresent(TaskID.self, forKey: .before))
    }

    package func encode(to encoder: any Encoder) throws {
        try filter.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(before, forKey: .before)
    }
}
