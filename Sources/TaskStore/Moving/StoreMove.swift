package import TaskGridCore

/// The move of a grid's record to another store, as the store that it leaves remembers it: durably, so that no dispatcher goes on with that
/// one.
package struct StoreMove: Hashable, Sendable {
    /// A UUID, which the other store gets with the record: that is how a copy that was interrupted finds out whether it was made.
    package let id: String
    /// The URL of the database that it moves to, without a password.
    package let destination: String
    /// The PostgreSQL schema there.
    package let schema: String
    /// By the wall clock.
    package let started: Timestamp
    /// By the wall clock; nil: the copy is under way, or was interrupted.
    package var finished: Timestamp?

    package init(id: String, destination: String, schema: String, started: Timestamp, finished: Timestamp? = nil) {
        self.id = id
        self.destination = destination
        self.schema = schema
        self.started = started
        self.finished = finished
    }

    /// A message: what happened to the store, and what to do.
    package var explanation: String {
        guard let finished else {
            return """
                the store is being moved to \(destination) (schema '\(schema)') since \(started), and no dispatcher uses its file \
                meanwhile; call 'taskgrid store copy' again to finish the move, or with --abandon to go on with the file
                """
        }
        return """
            the store was moved to \(destination) (schema '\(schema)') at \(finished), and no dispatcher uses its file any more; set \
            dispatcher.store to that URL, or name another file
            """
    }
}
