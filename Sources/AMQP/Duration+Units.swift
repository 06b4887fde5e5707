extension Duration {
    /// Seconds with their fraction.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// Whole seconds, rounded towards zero.
    var wholeSeconds: Int64 { components.seconds }

    /// Whole milliseconds, rounded towards zero; at the end of the range where the duration lies beyond it.
    var milliseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000_000) }
}
