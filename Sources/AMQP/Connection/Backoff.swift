/// How long to wait before retry n: growing, bounded, with equal jitter.
///
/// The limit is `min(ceiling, base · 2ⁿ⁻¹)` with exponential growth, `min(ceiling, base · n)` with linear growth, and
/// `min(ceiling, base)` with constant growth. The wait is drawn evenly between the half and the whole of the limit, so that many that
/// failed together do not come back together, and none comes back at once ("Exponential Backoff And Jitter", M. Brooker, AWS
/// Architecture Blog, 2015).
public struct Backoff: Hashable, Sendable {
    /// How the wait grows with each retry.
    public enum Growth: String, Sendable, CaseIterable {
        case constant, linear, exponential
    }

    public var base: Duration
    public var ceiling: Duration
    public var growth: Growth

    public init(base: Duration, ceiling: Duration, growth: Growth = .exponential) {
        self.base = base
        self.ceiling = ceiling
        self.growth = growth
    }

    /// The longest wait before retry `number`, counted from 1.
    public func limit(before number: Int) -> Duration {
        let factor =
            switch growth {
            case .constant: 1
            case .linear: max(number, 1)
            case .exponential: 1 << (min(max(number, 1), 41) - 1)
            }
        // Compared in floating point, which cannot overflow; a value below the ceiling can be multiplied exactly.
        return base.seconds * Double(factor) < ceiling.seconds ? base * factor : ceiling
    }

    /// The wait before retry `number`, counted from 1.
    public func delay(before number: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let limit = limit(before: number).seconds
        return limit <= 0 ? .zero : .seconds(Double.random(in: limit / 2...limit, using: &generator))
    }

    public func delay(before number: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return delay(before: number, using: &generator)
    }
}
