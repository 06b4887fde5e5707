import AMQP
import TaskGridCore
import TaskStore

/// One round of the dispatcher's work: what came is planned, committed in one transaction, and settled.
struct Turn: Sendable {
    /// When it was planned.
    let now: Timestamp
    var plan: Plan
    let isTick: Bool
    /// The last delivery that it took up.
    let acknowledges: DeliveryTag?
    /// None is planned upon it before it is settled.
    var isExclusive: Bool { isTick || !plan.forgettings.isEmpty }
    /// What the store answered; empty until it is committed.
    var receipt = StoreReceipt()
    /// Why nothing comes of it: nothing is written, published or acknowledged.
    var failure: StoreError?

    /// Its commit writes a few rows: the turn of a single task.
    var isSmall: Bool {
        let changes = plan.changes
        return changes.takes.isEmpty && changes.forgettings.isEmpty && changes.submissions.count + changes.endings.count <= 4
            && changes.submissions.allSatisfy { $0.submission.tasks.count == 1 } && changes.schedules.count <= 4
            && changes.attempts.count <= 4 && changes.reopenings.isEmpty
            && bytes <= 64 << 10
    }

    private var bytes: Int {
        plan.changes.submissions.reduce(0) { $0 + $1.submission.tasks.reduce(0) { $0 + $1.payload.count } }
            + plan.changes.endings.reduce(0) { $0 + $1.result.count }
    }
}
