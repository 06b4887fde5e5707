/// The errors of failed tasks, grouped; the answer to one query is a part of them where there are many to look at.
public struct FailuresQuery: Query, Hashable {
    public static let name = "failures"
    public static let service = Topology.Service.dispatcher

    /// Which tasks; its `state` is ignored.
    public var filter: TaskFilter
    /// Only tasks with a lower id: the `next` of the answer before.
    public var before: TaskID?

    public init(_ filter: TaskFilter, before: TaskID? = nil) {
        self.filter = filter
        self.before = before
    }

    public struct Answer: Codable, Sendable, Hashable {
        public var groups: [FailureGroup]
        /// Where the list goes on, as the `before` of the next query; its groups are to be added to these. Nil: that is all.
        public var next: TaskID?

        public init(groups: [FailureGroup], next: TaskID? = nil) {
            self.groups = groups
            self.next = next
        }

        /// How many groups fit into an answer: what is said of one takes less than 4 KiB.
        public static func maximumGroups(_ budget: AnswerBudget) -> Int { max(1, (budget.bytes - 1024) / 4096) }
    }
}

extension FailuresQuery {
    enum CodingKeys: String, CodingKey {
        case before
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(try TaskFilter(from: decoder), before: try container.decodeIfPresent(TaskID.self, forKey: .before))
    }

    public func encode(to encoder: any Encoder) throws {
        try filter.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(before, forKey: .before)
    }
}
