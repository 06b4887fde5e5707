/// How long to wait before try number n: exponential, bounded, with equal jitter.
///
/// The wait is drawn evenly between the half and the whole of `min(ceiling, base · 2ⁿ⁻¹)`, so that many that failed together do
/// not come back together, and none comes back at once ("Exponential Backoff And Jitter", M. Brooker, AWS Architecture Blog, 2015).
public struct Backoff: Hashable, Sendable {
    public var base: Duration
    public var ceiling: Duration

    public init(base: Duration, ceiling: Duration) {
        self.base = base
        self.ceiling = ceiling
    }

    /// The longest wait before try `number`, counted from 1.
    public func limit(before number: Int) -> Duration {
        let factor = 1 << (min(max(number, 1), 41) - 1)
        // Compared in floating point, which cannot overflow; what is below the ceiling can be multiplied exactly.
        return base.seconds * Double(factor) < ceiling.seconds ? base * factor : ceiling
    }

    /// The wait before try `number`, counted from 1.
    public func delay(before number: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let limit = limit(before: number).seconds
        return limit <= 0 ? .zero : .seconds(Double.random(in: limit / 2...limit, using: &generator))
    }

    public func delay(before number: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return delay(before: number, using: &generator)
    }
}
