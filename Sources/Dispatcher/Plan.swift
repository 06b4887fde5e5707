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
    /// What was asked to be done with tasks.
    var orders: [PlannedOrder] = []
    /// Attempts that workers are to be told to end.
    var cancels: [TaskType: [RegistryMessage.Held]] = [:]
    /// Tasks that the plan will add to a lane's window.
    var promised: [TaskType: Int] = [:]

    mutating func end(_ id: TaskID, _ type: TaskType, _ task: HandedTask, _ ending: NewEnding) {
        changes.endings.append(ending)
        ended.append(task)
    }
}

extension Plan {
    /// It is about to be committed.
    func passFailpoints() {
        if !changes.submissions.isEmpty { Failpoint.submissionReceived.pass() }
        if !ended.isEmpty { Failpoint.resultReceived.pass() }
    }

    /// It is committed, and nothing of it is said.
    func passFailpoints(_ receipt: StoreReceipt) {
        if !receipt.submissions.isEmpty { Failpoint.submissionCommitted.pass() }
        if !ended.isEmpty { Failpoint.resultCommitted.pass() }
        if changes.schedules.contains(where: { $0.error != nil }) { Failpoint.retryCommitted.pass() }
        if receipt.handOuts.contains(where: { !$0.isEmpty }) { Failpoint.waitingTaken.pass() }
    }
}
