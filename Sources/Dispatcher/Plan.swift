import AMQP
import TaskGridCore
import TaskStore

/// What one turn is going to write down in one transaction, and what it will say once that is durable.
struct Plan {
    var changes = StoreChanges()
    /// Of each of `changes.submissions`.
    var submissions: [Submission] { changes.submissions.map(\.submission) }
    /// Of each of `changes.endings`: the task, where it was handed out.
    var ended: [HandedTask] = []
    /// What is said whatever the store answers: dead letters and rejections.
    var publications: [Publication] = []
    /// Tasks that the plan will add to a lane's window.
    var promised: [TaskType: Int] = [:]

    mutating func end(_ id: TaskID, _ type: TaskType, _ task: HandedTask, _ ending: NewEnding) {
        changes.endings.append(ending)
        ended.append(task)
    }
}
