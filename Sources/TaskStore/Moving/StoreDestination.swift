/// A store that a grid is moved to: in one transaction, so that it has all of the record or nothing.
package protocol StoreDestination: Sendable {
    /// The most ids that one range may have.
    var maximumRangeLength: Int64 { get }

    /// Whether a move was made to it.
    ///
    /// - Throws: `StoreError`: `badRequest` where it has something else.
    func has(_ move: StoreMove) async throws(StoreError) -> Bool

    /// Makes sure that a move was not made and will not be: neither is it there, nor is the transaction of a copy that was killed still to
    /// be committed.
    func exclude(_ move: StoreMove) async throws(StoreError)

    /// Begins the transaction, with all rows that are not read page by page. Ids are skipped and a new epoch begins.
    func begin(_ move: StoreMove, _ contents: StoreContents) async throws(StoreError)

    func write(_ page: StorePage) async throws(StoreError)

    /// How much the transaction has written.
    func tally() async throws(StoreError) -> StoreTally

    /// Commits the transaction. The error `unknown` says that nobody knows whether it was.
    func commit() async throws(StoreError)

    func rollBack() async
}
