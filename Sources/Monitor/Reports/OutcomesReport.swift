package import TaskGridCore
import WebSupport

/// How often tasks ended within the last five minutes, and how. A task that was retried and ended again counts each time.
package struct OutcomesReport: Encodable, Hashable, Sendable {
    static let schema = JSONSchema.object([
        "succeeded": .count, "failed": .count,
        "failure_rate": .number.atLeast(0).nullable.described("The share of `failed` in both, 0 to 1; null where none ended."),
    ]).described("How often tasks ended within the last five minutes. A task that was retried and ended again counts each time.").named(
        "Outcomes")

    package var succeeded: Int
    package var failed: Int
    @Nullable package var failureRate: Double?

    private enum CodingKeys: String, CodingKey {
        case succeeded, failed
        case failureRate = "failure_rate"
    }

    init(_ total: (succeeded: Int, failed: Int)) {
        (succeeded, failed) = total
        let ended = succeeded.saturatingAdding(failed)
        failureRate = ended > 0 ? (Double(failed) / Double(ended)).rounded3 : nil
    }
}
