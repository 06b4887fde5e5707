import TaskGridCore

/// The outcomes of admin commands: counted, and told where one was not done.
struct CommandOutcomeReport {
    /// How many refusals are told one by one.
    static let told = 20

    private(set) var done = 0
    private(set) var refused = 0
    private(set) var unknown = 0

    var undone: Int { refused + unknown }

    mutating func add(_ outcome: CommandOutcome) {
        switch outcome.outcome {
        case .done: done += 1
        case .refused: refused += 1
        case .unknown: unknown += 1
        }
    }

    /// How the command ends; nil where all was done.
    var failure: Failure? {
        guard undone > 0 else { return nil }
        return Failure(refused == 0 ? .unknown : .failed, nil)
    }

    /// "3 tasks", "1 task".
    static func tasks(_ count: Int, _ adjective: String = "") -> String {
        "\(Terminal.grouped(count)) \(adjective)task\(count == 1 ? "" : "s")"
    }

    /// The sentence at the end: what is so of those that were done, such as "cancelled", and what of the others.
    func sentence(_ done: String, _ undone: String) -> String {
        let start = "\(Self.tasks(self.done)) \(done)"
        return self.undone == 0 ? start : "\(start), \(Terminal.grouped(self.undone)) \(undone)"
    }
}
