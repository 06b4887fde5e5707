/// The lease of a store that several dispatchers can open from several machines: the one that holds it is at work, and the others stand by.
///
/// It is for **liveness** only. A dispatcher that stood still, or whose network did, may go on for a moment after its lease is over. Safety
/// is the term: a dispatcher takes the lease first and then calls ``TaskStore/beginTerm()``, and from then on the store refuses what an
/// earlier holder writes.
///
/// All times are of the **database's clock**, so that the clocks of the dispatchers' machines do not matter. Taking and renewing are one
/// conditional update each: of two dispatchers that take it at once, one gets it. A lease that is not renewed for
/// ``LeaseTiming/duration`` is over, and anyone may take it. Calls neither wait for a commit nor make one wait, and need not be durable:
/// a database that forgets a renewal lets another dispatcher take over, and no more.
///
/// Every call may throw a `StoreError`. After one that threw, the holder may be another one, or the caller.
package protocol StoreLease: Sendable {
    /// Takes the lease where it is free, over or the caller's own.
    ///
    /// - Parameters:
    ///   - holder: names the caller for people, and is never given twice: host, process, and an id.
    ///   - hint: there is another sign that its holder is gone, so that it counts as over after ``LeaseTiming/doubt`` already.
    func take(for holder: String, hint: Bool) async throws(StoreError) -> LeaseAnswer

    /// Renews the lease where it is the caller's own or free, also where it is over and nobody else has taken it.
    func renew(for holder: String) async throws(StoreError) -> LeaseAnswer

    /// Makes the caller's own lease free at once. Another's stays.
    func release(by holder: String) async throws(StoreError)
}
