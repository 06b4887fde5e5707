/// The answer of a ``StoreLease``.
package enum LeaseAnswer: Hashable, Sendable {
    /// The caller has the lease now. `former` had it before; nil: nobody or the caller.
    case granted(former: LeaseHolder?)
    /// The caller does not have it. `holder` has it; nil: nobody.
    case refused(holder: LeaseHolder?)
}
