/// Whether a type's tasks are handed out, as its circuit breaker has it.
package enum BreakerState: String, Hashable, Sendable, Codable, CaseIterable {
    /// They are.
    case closed
    /// Most of the recent attempts failed: none is, for a while.
    case open
    /// A few are, to find out whether it may close.
    case halfOpen = "half_open"
}
