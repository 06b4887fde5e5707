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
    var isExclusive: Bool { isTick || !plan.changes.forgets.isEmpty }
    /// What the store answered; empty until it is committed.
    var receipt = StoreReceipt()
    /// Why nothing comes of it: nothing is written, published or acknowledged.
    var failure: StoreError?
}
