import TaskGridCore
import TaskStore

/// A task of which a delivery is in the broker or at a worker: what the dispatcher keeps of it in memory. The payload is
/// not part of it; the store has that.
struct HandedTask {
    var machine: TaskStateMachine
    let settings: TaskSettings
    let created: Timestamp
    /// Since when it could run; nil where that is not known.
    let readySince: Timestamp?
    let expires: Timestamp?
    let client: String?
    let correlation: String?
    let form: MessageForm
    /// The worker that named it last, running or not begun, and the number of that report.
    var holder: (worker: String, report: Int)?
    /// The proof of an attempt that a report has named, made once: each heartbeat names it again.
    var proof: (attempt: Int, proof: Proof)?
    /// Since when it is known to run.
    var runningSince: Moment?
    /// It was out when the dispatcher's connection, or its life, began, and no worker has named it since: should its delivery come
    /// back, it is not known whether its worker died or the broker.
    var isInherited = false
    /// The audit's latest marker when the task was handed out.
    let marker: Int

    /// When its attempt has run for longer than it may, its worker's time to say so included; nil: never, or it does not run.
    var timesOut: Moment? {
        guard let runningSince, let timeout = settings.timeout else { return nil }
        return runningSince + timeout + WireFormat.timeoutGrace
    }

    init(_ task: OpenTask, machine: TaskStateMachine, readySince: Timestamp? = nil, marker: Int) {
        self.machine = machine
        self.marker = marker
        settings = task.settings
        created = task.created
        self.readySince = readySince
        expires = task.expires
        client = task.client
        correlation = task.correlation
        form = task.form
    }
}

extension TaskStateMachine {
    /// A task that the store is about to hand out with the number that `task` carries.
    init(handingOut task: OpenTask) {
        self.init(
            state: .pending, attempt: task.attempt - 1, failures: task.failures, interruptions: task.interruptions,
            maxAttempts: task.settings.maxAttempts ?? 1
        )
        _ = handle(.handedOut)
    }
}
