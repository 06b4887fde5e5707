/// The errors of failed tasks, grouped; the answer to one query is a part of them where there are many to look at.
package struct FailuresQuery: Query, Hashable {
    package static let name = "failures"
    package static let service = Topology.Service.dispatcher

    /// Which tasks; its `state` is ignored.
    package var filter: TaskFilter
    /// Only tasks with a lower id: the `next` of the answer before.
    package var before: TaskID?

    package init(_ filter: TaskFilter, before: TaskID? = nil) {
        self.filter = filter
        self.before = before
    }

    package struct Answer: Codable, Sendable, Hashable {
        package var groups: [FailureGroup]
        /// The place where the list goes on, as the `before` of the next query; its groups are to be added to these. Nil: that is all.
        package var next: TaskID?

        package init(groups: [FailureGroup], next: TaskID? = nil) {
            self.groups = groups
            self.next = next
        }

        /// How many groups fit into an answer: what is said of one takes less than 4 KiB.
        package static func maximumGroups(_ budget: AnswerBudget) -> Int { max(1, (budget.bytes - 1024) / 4096) }
    }
}

extension FailuresQuery {
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
