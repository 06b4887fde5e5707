import TaskStore

/// How far the handed-out tasks have been read: those before the cursors first, then those that are deferred.
struct HandedOutCursor {
    /// The tasks before the cursors are read.
    let isDeferred: Bool
    let type: Int64
    let priority: Int
    /// Only ids above.
    let id: Int64

    init(isDeferred: Bool, type: Int64, priority: Int = 0, id: Int64) {
        self.isDeferred = isDeferred
        self.type = type
        self.priority = priority
        self.id = id
    }

    init(_ position: HandedOutPosition) throws {
        guard position.token.count == 4 else { throw StoreError(.badRequest, "the position in the handed-out tasks is another store's") }
        self.init(
            isDeferred: position.token[0] != 0, type: position.token[1], priority: Int(position.token[2]), id: position.token[3]
        )
    }

    var position: HandedOutPosition { HandedOutPosition(token: [isDeferred ? 1 : 0, type, Int64(priority), id]) }
}
