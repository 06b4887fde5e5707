import AMQP
import ServiceSupport
import TaskGridCore
import TaskStore

/// What one turn is going to write down in one transaction, and what it will say once that is durable.
struct Plan {
    var changes = StoreChanges()
    /// When it was begun.
    let clock: Moment
    private(set) var submissions: [Ticket<NewSubmission>] = []
    private(set) var ended: [PlannedEnding] = []
    private(set) var takes: [Ticket<Take>] = []
    var forgettings: [Ticket<Forgetting>] = []
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

    mutating func accept(_ new: NewSubmission) {
        submissions.append(changes.accept(new))
    }

    mutating func take(_ take: Take) {
        takes.append(changes.take(take))
    }

    @discardableResult
    mutating func end(_ task: consuming HandedTask, _ ending: consuming NewEnding) -> Ticket<NewEnding> {
        let ticket = changes.end(ending)
        ended.append(PlannedEnding(task: task, ticket: ticket))
        return ticket
    }

    /// The store does not accept now: only what was accepted before goes on.
    mutating func removeSubmissionsAndTakes() {
        changes.removeSubmissionsAndTakes()
        submissions = []
        takes = []
    }
}

/// The end of a task within a turn's plan.
struct PlannedEnding {
    /// As it was handed out.
    let task: HandedTask
    let ticket: Ticket<NewEnding>
}

extension Plan {
    /// It is about to be committed.
    func passFailpoints() {
        if !changes.submissions.isEmpty { Failpoint.submissionReceived.pass() }
        if !ended.isEmpty { Failpoint.resultReceived.pass() }
    }

    /// It is committed, and nothing of it is said.
    func passFailpoints(_ receipt: StoreReceipt) {
        if !submissions.isEmpty { Failpoint.submissionCommitted.pass() }
        if !ended.isEmpty { Failpoint.resultCommitted.pass() }
        if changes.schedules.contains(where: { $0.error != nil }) { Failpoint.retryCommitted.pass() }
        if !commands.isEmpty || !pauses.isEmpty { Failpoint.commandCommitted.pass() }
        if takes.contains(where: { !receipt[$0].handOuts.isEmpty }) { Failpoint.waitingTaken.pass() }
    }
}
