/// Arithmetic that stays at the end of the range where `+` would end the process: for every number that comes from outside.
extension FixedWidthInteger {
    /// The sum, or the end of the range that it lies beyond.
    package func saturatingAdding(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    /// The whole part of `value`, or the end of the range that it lies beyond; 0 for what is no number.
    package init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum of all, or the end of the range that it lies beyond.
    package var saturatingSum: Element { reduce(0) { $0.saturatingAdding($1) } }
}
