/// Starts a bulk action. Asking again with the same id does no harm: the answer says how it stands.
///
/// It is refused with `conflict` if the number of tasks that match differs by more than a tenth, and more than ten, from `expected`.
public struct BulkQuery: Query, Hashable {
    public static let name = "bulk"
    public static let service = Topology.Service.dispatcher

    public var id: String
    public var kind: BulkAction.Kind
    public var filter: TaskFilter
    public var expected: Int

    enum CodingKeys: String, CodingKey {
        case id, filter, expected
        case kind = "action"
    }

    public init(_ kind: BulkAction.Kind, matching filter: TaskFilter, expected: Int, id: String) {
        self.id = id
        self.kind = kind
        self.filter = filter
        self.expected = expected
    }

    public typealias Answer = BulkAction
}

/// Stops a bulk action. Tasks that were changed stay so.
public struct BulkStopQuery: Query, Hashable {
    public static let name = "bulk_stop"
    public static let service = Topology.Service.dispatcher

    public var id: String

    public init(id: String) {
        self.id = id
    }

    public typealias Answer = BulkAction
}

/// The bulk actions that the dispatcher knows, the newest first: those that run, and the latest of the others.
public struct BulkActionsQuery: Query, Hashable {
    public static let name = "bulk_actions"
    public static let service = Topology.Service.dispatcher

    /// Only this one; nil: all.
    public var id: String?

    public init(id: String? = nil) {
        self.id = id
    }

    public struct Answer: Codable, Sendable, Hashable {
        public var actions: [BulkAction]

        public init(actions: [BulkAction]) {
            self.actions = actions
        }
    }
}
