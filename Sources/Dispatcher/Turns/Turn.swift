import AMQP
import ServiceSupport
import TaskGridCore
import TaskStore

/// One round of the dispatcher's work: what came is planned, committed in one transaction, and settled. Each feature plans its part in
/// it, and settles its part by what the store answered.
struct Turn: Sendable {
    /// When it was planned, by the store's clock.
    let now: Timestamp
    /// When it was planned, by the clock that never steps.
    let moment: Moment
    /// Time may have made something due.
    let isTick: Bool
    var plan = Plan()
    /// The last delivery that it took up.
    var acknowledges: DeliveryTag?
    /// No other turn is planned until this one is settled.
    var isExclusive: Bool { isTick || !plan.forgettings.isEmpty }
    /// The store's answers; empty until it is committed.
    var receipt = StoreReceipt()
    /// Why nothing comes of it: nothing is written, published or acknowledged.
    var failure: StoreError?

    init(at now: Timestamp, moment: Moment = .now, isTick: Bool = false) {
        self.now = now
        self.moment = moment
        self.isTick = isTick
    }

    /// Its commit writes a few rows: the turn of a single task.
    var isSmall: Bool {
        let changes = plan.changes
        return changes.takes.isEmpty && changes.forgettings.isEmpty && changes.submissions.count + changes.endings.count <= 1
            && changes.submissions.allSatisfy { $0.submission.tasks.count == 1 } && changes.schedules.count <= 1
            && changes.attempts.count <= 1 && changes.reopenings.isEmpty && changes.bulkActions.isEmpty
            && bytes <= 64 << 10
    }

    private var bytes: Int {
        plan.changes.submissions.reduce(0) { $0 + $1.submission.tasks.reduce(0) { $0 + $1.payload.count } }
            + plan.changes.endings.reduce(0) { $0 + $1.result.count }
    }
}

extension Turn {
    /// It is about to be committed.
    func passFailpointsBeforeCommit() {
        if !plan.submissions.isEmpty { Failpoint.submissionReceived.pass() }
        if !plan.ended.isEmpty { Failpoint.resultReceived.pass() }
    }

    /// It is committed, and nothing of it is said.
    func passFailpointsAfterCommit() {
        if !plan.submissions.isEmpty { Failpoint.submissionCommitted.pass() }
        if !plan.ended.isEmpty { Failpoint.resultCommitted.pass() }
        if plan.changes.schedules.contains(where: { $0.error != nil }) { Failpoint.retryCommitted.pass() }
        if !plan.commands.isEmpty || !plan.pauses.isEmpty || !plan.bulkAnswers.isEmpty { Failpoint.commandCommitted.pass() }
        if plan.takes.contains(where: { !receipt[$0].handOuts.isEmpty }) { Failpoint.waitingTaken.pass() }
    }
}
