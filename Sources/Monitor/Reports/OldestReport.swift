package import TaskGridCore
import WebSupport

/// The task that waits longest.
package struct OldestReport: Encodable, Hashable, Sendable {
    static let schema = JSONSchema.object(["id": .taskID, "type": .taskType, "since": .time])
        .described("The task that waits longest, and since when it could run. Tasks that were retried on request are left out.")
        .named("OldestTask")

    package var id: TaskID
    package var type: TaskType
    package var since: String
    /// For how long it has waited.
    package let age: Duration

    private enum CodingKeys: String, CodingKey {
        case id, type, since
    }

    init(_ task: OldestTask, of type: TaskType, at now: Timestamp) {
        id = task.id
        self.type = type
        since = task.since.description
        age = max(.zero, now - task.since)
    }

    static let secondsSchema = JSONSchema.integer.nullable.described(
        "How long the task that waits longest has waited; from a minute on in steps of ten seconds, from ten minutes on of a minute.")

    /// For how long it has waited, in steps that grow with it, so that a row that says nothing else stays as it is.
    var seconds: Int {
        let seconds = Int(saturating: age.seconds)
        return seconds - seconds % (seconds < 60 ? 1 : seconds < 600 ? 10 : 60)
    }
}
