/// Stands for one change among those of a ``StoreChanges``: finds the change there, and what the store answered in the ``StoreReceipt``.
///
/// It holds for the changes that gave it, and for their receipt.
package struct Ticket<Change>: Hashable, Sendable {
    let index: Int
}
