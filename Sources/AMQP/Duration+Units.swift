extension Duration {
    /// Seconds with their fraction.
    var seconds: Double {
        // By halves: a division of 128 bits took a noticeable part of each turn of a poll loop.
        let high = Double(Int64(truncatingIfNeeded: attoseconds >> 64))
        let low = Double(UInt64(truncatingIfNeeded: attoseconds))
        return (high * 0x1p64 + low) / 1e18
    }

    /// Whole seconds, rounded towards zero.
    var wholeSeconds: Int64 { components.seconds }

    /// Whole milliseconds, rounded towards zero; at the end of the range where the duration lies beyond it.
    var milliseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000_000_000) }
}
