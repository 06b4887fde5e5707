import AMQP
import Logging
import ServiceSupport
import Synchronization
import TaskGridCore

/// The way of a task through a worker: delivery, slot table, result buffer, confirmed result, acknowledgement.
///
/// Its loops (receiver, slots, sender, alarm, heartbeat, control) run as children of `run()`; their common state is one value
/// behind one lock, which is held for moments and never over a suspension. They wake one another by signals.
///
/// The outcome of each item, and why its delivery may be acknowledged:
///
/// | item | outcome |
/// |---|---|
/// | the message cannot be read, or is of a type that this worker does not run | published to `<p>.dead` with its reason |
/// | its delivery is a redelivered one | `interrupted`: the dispatcher knows whether its first holder lives |
/// | is the audit's marker | `returned` |
/// | came, or still waits, when the worker drains, is quiet or has no slot left | `returned` |
/// | ran | `succeeded` or `failed` |
/// | ran out of time, was cancelled | `failed` (`timed_out`, `cancelled`), at that moment |
/// | came after it was cancelled | `failed` (`cancelled`), without being run |
/// | outlived the drain | `returned` |
///
/// Each is published and confirmed before its delivery is acknowledged; where the broker's answer is lost it is
/// published again, which is safe because the dispatcher takes the first terminal result.
final class Pipeline: Sendable {
    struct State: Sendable {
        var ledger = DeliveryLedger<DeliveryTag>()
        var slotTable: SlotTable
        var resultBuffer = ResultBuffer()
        var cancelled = RecentCancels()
        /// Slots that wait for work.
        var resting: [Int] = []
        /// The time of the alarm.
        var alarm: Moment?
        var isDraining = false
        /// It takes no more tasks until it is asked to.
        var isQuiet = false
        /// The registry may know of it.
        var hasRegistered = false
        /// Why it can tell nothing any more, and ends.
        var failure: AMQPError?
        /// It drains because no slot was left for what waited.
        var isStuck = false
        /// The receiver waits for deliveries, so it is alive.
        var isReceiving = false
        var hasReceivedAll = false
        /// When a slot last took a step, or the slots got work to take where none waited.
        var slotsMoved = Moment.now
        /// Deliveries whose acknowledgement is on its way.
        var acknowledging = 0
        /// Types that have the longest prefetch now.
        var growing: Set<TaskType> = []
        /// Types whose prefetch shrank with the latest heartbeat.
        var becameLong: Set<TaskType> = []
        /// Milliseconds between two heartbeats; nil: as it was set up.
        var interval: Int?
        /// A heartbeat was asked for, to be sent then.
        var askedHeartbeat: Moment?
        var progress = 0
        var succeeded = 0
        var failed = 0
    }

    let settings: Settings
    let transport: any WorkerTransport
    let clock: HostClock
    let vitals: Vitals
    let logger: Logger
    let state: Mutex<State>
    /// When the worker began, as its registry messages say.
    let started = Timestamp.now()

    let slotSignals: [Signal]
    /// Raised to cancel what a slot runs.
    let cancelSignals: [Signal]
    let senderSignal = Signal()
    let alarmSignal = Signal()
    let heartbeatSignal = Signal()
    let roomSignal = Signal()
    let drainSignal = Signal()
    /// Raised, while it drains, when a run or a delivery ends.
    let endSignal = Signal()

    init(settings: Settings, transport: any WorkerTransport, clock: HostClock = .continuous, vitals: Vitals = Vitals(), logger: Logger) {
        self.settings = settings
        self.transport = transport
        self.clock = clock
        self.vitals = vitals
        self.logger = logger
        state = Mutex(State(slotTable: SlotTable(slots: settings.concurrency)))
        slotSignals = (0..<settings.concurrency).map { _ in Signal() }
        cancelSignals = (0..<settings.concurrency).map { _ in Signal() }
    }

    /// The settings of a worker's pipeline.
    struct Settings: Sendable {
        var id: String
        var topology: Topology
        var workers: [TaskType: any TaskWorker]
        var concurrency: Int
        /// Messages of each type that the broker hands out ahead.
        var prefetch: Int
        /// The same while the tasks of a type are short; nil: never more than `prefetch`.
        var longestPrefetch: Int?
        var drainDeadline: Duration
        var persistentResults = false
        var heartbeatInterval = Duration.seconds(1)
        /// How long the end of a drain waits for the broker to take the last results.
        var flushDeadline = Duration.seconds(10)
        /// How long code of workers may take to return after that.
        var returnDeadline = Duration.seconds(2)
        var backoff = Backoff.publishing

        /// Sorted, for messages and logs.
        var types: [TaskType] { workers.keys.sorted() }
        /// Held messages above which it receives no more until some are acknowledged. The broker's prefetch, which counts
        /// by queue, keeps below it; after a reconnect it hands out anew while what came before is still held.
        var maximumDeliveries: Int { 2 * max(prefetch, longestPrefetch ?? 0) * max(1, workers.count) }
    }

    /// Sends slots that rest to work, one for each batch.
    func wakeSlots(_ slots: [Int]) {
        for slot in slots { slotSignals[slot].raise() }
    }

    /// Counts the items that were ended from outside, cancels their slots and wakes the tasks that wait for them.
    func finish(_ ended: SlotTable.Ended) {
        let woken = state.withLock { state -> [Int] in
            for item in ended.finished { state.book(item) }
            return ended.slots.isEmpty ? [] : state.popResting(max(ended.slots.count, state.slotTable.waitingBatches))
        }
        for slot in ended.slots { cancelSignals[slot].raise() }
        wakeSlots(woken)
        if !ended.finished.isEmpty { senderSignal.raise() }
        endSignal.raise()
    }
}

extension Pipeline.State {
    /// Puts an item's end into the result buffer and counts it.
    mutating func book(_ finished: Finished) {
        resultBuffer.add(finished)
        switch finished.item.outcome {
        case .succeeded: succeeded += 1
        // A cancelled attempt has not failed.
        case .failed(let error) where error.code == .cancelled: break
        case .failed: failed += 1
        case .interrupted, .returned, .started: break
        }
    }

    /// Up to `count` slots that rest, to be woken by the caller.
    mutating func popResting(_ count: Int) -> [Int] {
        let woken = resting.suffix(count)
        resting.removeLast(woken.count)
        return Array(woken)
    }
}
