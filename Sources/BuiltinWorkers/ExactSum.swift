import BigInt

/// The sum of decimal numbers without rounding.
///
/// Numbers of one exponent are added as integers, and the sums are brought together once, at the end: so numbers of very
/// different sizes do not make each addition a long one.
struct ExactSum {
    /// The sum of the small integers; most sums need no more.
    private var small = 0
    private var byExponent: [Int: BigInt] = [:]

    mutating func add(_ number: NumberArray.Number) {
        switch number {
        case .small(let value):
            let (sum, overflow) = small.addingReportingOverflow(value)
            if overflow {
                byExponent[0, default: 0] += BigInt(small)
                small = value
            } else {
                small = sum
            }
        case .exact(let value): byExponent[value.exponent, default: 0] += value.significand
        }
    }

    /// The sum of all.
    ///
    /// - Throws: `CancellationError`.
    func total() throws -> Decimal {
        var sums = byExponent
        sums[0, default: 0] += BigInt(small)
        var total = Decimal(0)
        // From the highest exponent down, each step shifts what there is to the next one.
        for (exponent, sum) in sums.sorted(by: { $0.key > $1.key }) where !sum.isZero {
            try Task.checkCancellation()
            if total.significand.isZero {
                total = Decimal(sum, exponent: exponent)
            } else {
                total.significand = total.significand * BigInt(10).power(total.exponent - exponent) + sum
                total.exponent = exponent
            }
        }
        return total
    }
}
