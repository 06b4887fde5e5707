/// Submissions that were not accepted for the same reason.
package struct RefusalCause: Hashable, Sendable {
    /// How many there are.
    package let count: Int
    /// The first of them.
    package let example: ChaosLedger.RefusedSubmission

    /// The causes of refusals, the most frequent one first. Two reasons are the same cause if they differ in numbers alone.
    package static func causes(of refusals: [ChaosLedger.RefusedSubmission]) -> [RefusalCause] {
        Dictionary(grouping: refusals) { $0.reason.replacing(#/[0-9]+/#, with: "0") }.values.compactMap { alike in
            alike.min { $0.number < $1.number }.map { RefusalCause(count: alike.count, example: $0) }
        }.sorted { ($1.count, $0.example.number) < ($0.count, $1.example.number) }
    }
}
