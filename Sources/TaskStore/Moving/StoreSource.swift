package import TaskGridCore

/// A store that a grid is moved from. While it is being moved nothing in it changes but its mark.
package protocol StoreSource: Sendable {
    /// The move that was begun or made; nil: there is none.
    func move() async throws(StoreError) -> StoreMove?

    /// Marks the store as being moved, durably: its term is raised, so that a dispatcher that still runs is refused, and nothing opens it
    /// any more. It may be so marked already.
    func begin(_ move: StoreMove) async throws(StoreError)

    /// The other store has the record, durably: this one is never used again.
    func finish(_ move: StoreMove, at time: Timestamp) async throws(StoreError)

    /// Takes the mark of a move back that was not made: dispatchers may use the store again.
    func takeBack(_ move: StoreMove) async throws(StoreError)

    func contents() async throws(StoreError) -> StoreContents

    func tally() async throws(StoreError) -> StoreTally

    /// The next rows of a table after the row with a key; nil: from the start. Ranges are divided, so that none has more than
    /// `maximumLength` ids.
    func page(
        of table: StorePage.Table, after: [Int64]?, maximumLength: Int64
    ) async throws(StoreError) -> StorePage
}
