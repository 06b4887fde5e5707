/// A right of the holder of a token. Every role reads.
package enum Role: String, CaseIterable, Sendable {
    /// Reads, and nothing else.
    case viewer
    /// Submits tasks.
    case submitter
    /// Has something done: cancels, retries, pauses, asks workers.
    case `operator`
}
