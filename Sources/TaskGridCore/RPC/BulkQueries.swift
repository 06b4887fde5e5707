/// Starts a bulk action. Asking again with the same id does no harm: the answer says how it stands.
///
/// It is refused with `conflict` if the number of tasks that match differs by more than a tenth, and more than ten, from `expected`, or if
/// the id is that of another action or filter.
package struct BulkQuery: Query, Hashable {
    package static let name = "bulk"
    package static let service = Topology.Service.dispatcher

    package var id: String
    package var kind: BulkAction.Kind
    package var filter: TaskFilter
    package var expected: Int

    enum CodingKeys: String, CodingKey {
        case id, filter, expected
        case kind = "action"
    }

    package init(_ kind: BulkAction.Kind, matching filter: TaskFilter, expected: Int, id: String) {
        self.id = id
        self.kind = kind
        self.filter = filter
        self.expected = expected
    }

    package typealias Answer = BulkAction
}

/// Stops a bulk action. Tasks that were changed stay so.
package struct BulkStopQuery: Query, Hashable {
    package static let name = "bulk_stop"
    package static let service = Topology.Service.dispatcher

    package var id: String

    package init(id: String) {
        self.id = id
    }

    package typealias Answer = BulkAction
}

/// The bulk actions that the dispatcher knows, the newest first: those that run, and the latest of the others.
package struct BulkActionsQuery: Query, Hashable {
    package static let name = "bulk_actions"
    package static let service = Topology.Service.dispatcher

    /// Only this one; nil: all.
    package var id: String?

    package init(id: String? = nil) {
        self.id = id
    }

    package struct Answer: Codable, Sendable, Hashable {
        package var actions: [BulkAction]

        package init(actions: [BulkAction]) {
            self.actions = actions
        }
    }
}
