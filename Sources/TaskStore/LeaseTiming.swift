/// The times of a ``StoreLease``.
package enum LeaseTiming {
    /// How long a lease lasts after it was last renewed.
    package static let duration = Duration.seconds(2)
    /// How often it is renewed.
    package static let renewal = Duration.milliseconds(500)
    /// How often a dispatcher that stands by asks for it.
    package static let poll = Duration.milliseconds(250)
    /// After so long without a renewal its holder may be gone.
    package static let doubt = Duration.seconds(1)
}
