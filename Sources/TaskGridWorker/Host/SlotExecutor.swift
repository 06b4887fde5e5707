import DequeModule
import Dispatch
import Foundation
import Synchronization

/// The threads that workers' code runs on, apart from the pool that serves the host's own loops: code that computes for
/// minutes then neither silences the heartbeat nor holds up results.
final class SlotExecutor: TaskExecutor {
    private enum Entry {
        case job(UnownedJob)
        case stop
    }

    private let entries = Mutex(Deque<Entry>())
    private let available = DispatchSemaphore(value: 0)
    private let threads: Int

    init(threads: Int) {
        self.threads = threads
        for _ in 0..<threads { Thread.detachNewThread { self.work() } }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Ends the threads once they have run what waits. Called when no task prefers this executor any more.
    func stop() {
        for _ in 0..<threads { add(.stop) }
    }

    private func add(_ entry: Entry) {
        entries.withLock { $0.append(entry) }
        available.signal()
    }

    private func work() {
        while true {
            available.wait()
            switch entries.withLock({ $0.popFirst() }) {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .stop, nil: return
            }
        }
    }
}
