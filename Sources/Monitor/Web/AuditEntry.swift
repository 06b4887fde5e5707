import TaskGridCore

/// A line of the audit log: who asked for which action, and what came of it.
struct AuditEntry: Encodable, Sendable {
    enum Outcome: String, Encodable {
        case done
        /// It may not be done, or cannot be done as the task or type stands.
        case refused
        /// Whether it was done is not known, where the detail says so.
        case failed
    }

    /// The most characters of a request that are kept.
    private static let maximumLength = 1000

    var at: String
    /// The name of the token; null of a token that is not known.
    @Nullable var who: String?
    var address: String
    /// The route's name, such as `pause`.
    var action: String
    /// Its path and query.
    var request: String
    var outcome: Outcome
    /// The status of the answer.
    var status: Int
    @Nullable var detail: String?

    init(
        at: Timestamp, who: String?, address: String, action: String, request: String, outcome: Outcome, status: Int, detail: String? = nil
    ) {
        self.at = at.description
        _who = Nullable(wrappedValue: who)
        self.address = address
        self.action = action
        self.request = String(request.prefix(Self.maximumLength))
        self.outcome = outcome
        self.status = status
        _detail = Nullable(wrappedValue: detail)
    }

    /// The entry as the grid's events tell it.
    var sentence: String {
        "\(who ?? "unknown") at \(address) asked for \(action) (\(request.prefix(200))): \(outcome.rawValue)\(detail.map { ", \($0)" } ?? "")"
    }
}
