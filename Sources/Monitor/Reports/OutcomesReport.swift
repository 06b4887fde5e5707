package import TaskGridCore
import WebSupport

/// How the tasks ended that ended within the last five minutes.
package struct OutcomesReport: Encodable, Hashable, Sendable {
    static let schema = JSONSchema.object([
        "succeeded": .count, "failed": .count,
        "failure_rate": .number.atLeast(0).nullable.described("Failed tasks among both, 0 to 1; null where none ended."),
    ]).described("Tasks that ended within the last five minutes.").named("Outcomes")

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
