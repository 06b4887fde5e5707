import AMQP
import ServiceSupport
import TaskGridCore
import TaskStore

/// What one turn is going to write down in one transaction, and what it will say once that is durable.
struct Plan {
    var changes = StoreChanges()
    /// When it was begun.
    let clock: Moment
    /// Of each of `changes.submissions`.
    var submissions: [Submission] { changes.submissions.map(\.submission) }
    /// Of each of `changes.endings`: the task, where it was handed out.
    var ended: [HandedTask] = []
    /// What is said whatever the store answers: dead letters and rejections.
    var publications: [Publication] = []
    /// Types whose work queue is gone or unbound though workers of theirs live.
    var unroutable: Set<TaskType> = []
    /// What was asked to be done with tasks.
    var commands: [PlannedCommand] = []
    var pauses: [Scheduler.PlannedPause] = []
    var forgets: [Scheduler.PlannedForget] = []
    /// More is to be taken from the store than one turn takes.
    var isCut = false
    /// Attempts that workers are to be told to end.
    var cancels: [TaskType: [RegistryMessage.Held]] = [:]
    /// Attempts that single workers are told to end, because other attempts have replaced them.
    var stops: [String: [RegistryMessage.Held]] = [:]
    /// Tasks that the plan may add to a type queue's window, counted in ``TypeQueue/promised`` until it is settled.
    private(set) var promised: [TaskType: Int] = [:]
    /// Submissions whose tasks the plan leaves waiting, counted in ``TypeQueue/feeds`` until it is settled.
    private(set) var feeds: [TaskType: Int] = [:]

    init(at clock: Moment) {
        self.clock = clock
    }

    mutating func promise(_ count: Int, _ typeQueue: TypeQueue) {
        promised[typeQueue.type, default: 0] += count
        typeQueue.promised += count
    }

    mutating func feed(_ typeQueue: TypeQueue) {
        feeds[typeQueue.type, default: 0] += 1
        typeQueue.feeds += 1
        typeQueue.hasBacklog = true
    }

    mutating func end(_ task: consuming HandedTask, _ ending: consuming NewEnding) {
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
        if !commands.isEmpty || !pauses.isEmpty { Failpoint.commandCommitted.pass() }
        if receipt.handOuts.contains(where: { !$0.isEmpty }) { Failpoint.waitingTaken.pass() }
    }
}
