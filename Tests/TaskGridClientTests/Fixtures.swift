import Foundation
import Logging
import TaskGridCore

@testable import TaskGridClient

extension TaskType {
    static let reverse = TaskType(literal: "reverse")
    static let hash = TaskType(literal: "hash")
}

extension Data {
    init(_ text: String) { self.init(text.utf8) }
}

extension TaskOptions {
    /// For tests in which time passes as fast as it can.
    static let patient = TaskOptions(deadline: .seconds(1_000_000_000))
}

/// The error of `body`; nil if it succeeds.
@Sendable func failure(_ body: @Sendable () async throws -> Void) async -> ClientError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ClientError
    }
}

func submission(
    _ id: Int, _ type: TaskType = .reverse, tasks: Int = 1, size: Int = 10, key: String? = nil,
    deadline: ContinuousClock.Instant = .now + .seconds(30),
    watch: EndingWatch.ID? = nil
) -> PendingSubmission {
    let task = Submission.Task(payload: Data(repeating: 120, count: size))
    return PendingSubmission(
        id: id, type: type, tasks: Array(repeating: task, count: tasks), key: key, called: .now, deadline: deadline, watch: watch)
}
