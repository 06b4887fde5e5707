/// A worker's proof that an attempt was handed out: it comes with the work and goes back with its result.
///
/// A worker need not know how it is made. ``ProofKey`` makes it.
package struct Proof: Hashable, Sendable {
    package let digest: ShortDigest

    package init(_ digest: ShortDigest) {
        self.digest = digest
    }
}
