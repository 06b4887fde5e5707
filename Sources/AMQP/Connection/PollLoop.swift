import CRabbitMQ
import Foundation
import Glibc
import Synchronization

/// A thread that polls one socket and runs one actor's jobs between polls: the executor of a ``Connection``.
///
/// Jobs wake it through an eventfd, which is written at most once per sleep. The thread ends when ``stop()`` was called,
/// which the actor's `deinit` does: as long as the actor lives, every job enqueued on it is run.
final class PollLoop: SerialExecutor {
    /// What to wait for before the next turn.
    struct Wait {
        /// The socket, or -1: none.
        var socket: Int32 = -1
        var wantsToRead = true
        var wantsToWrite = false
        /// The turn after this time is due even if nothing happens.
        var deadline: ContinuousClock.Instant?
    }

    private struct Inbox {
        var jobs: [UnownedJob] = []
        /// The thread is in `poll`, or about to be.
        var isSleeping = false
        var isStopped = false
        var thread: pthread_t?
    }

    private let inbox = Mutex(Inbox())
    /// -1 where the process may open no more files: then the thread sleeps for `shortSleep` at most, instead of being woken.
    private let wakeUp: Int32
    private static let shortSleep: Int32 = 10
    private let name: String

    init(name: String) {
        self.name = name
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        if wakeUp >= 0 { close(wakeUp) }
    }

    /// Starts the thread. Between polls it runs the jobs that wait and calls `turn` with whether the socket was readable
    /// or broken; `turn` says what to wait for next.
    func start(turn: @escaping @Sendable (_ isReadable: Bool) -> Wait) {
        let thread = Thread { [self] in
            taskgrid_name_thread(name)
            inbox.withLock { $0.thread = pthread_self() }
            run(turn)
        }
        thread.start()
    }

    /// Ends the thread after the jobs that wait.
    func stop() {
        inbox.withLock { $0.isStopped = true }
        wake()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustWake = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.isSleeping = false }
            return inbox.isSleeping
        }
        if mustWake { wake() }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func isIsolatingCurrentContext() -> Bool? {
        inbox.withLock { inbox in inbox.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "not on the thread of connection \(name)")
    }

    /// Ends the sleep, if there is one: another turn is due.
    func wake() {
        var one: UInt64 = 1
        // A failure means that the counter is full, and then the thread is awake anyway.
        _ = write(wakeUp, &one, 8)
    }

    private func run(_ turn: (Bool) -> Wait) {
        var isReadable = false
        while true {
            while let jobs = takeJobs() {
                for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            }
            let wait = turn(isReadable)
            // Jobs that the turn itself enqueued (resumed continuations) run before sleeping.
            let (mustRun, isStopped) = inbox.withLock { inbox in
                inbox.isSleeping = inbox.jobs.isEmpty && !inbox.isStopped
                return (!inbox.jobs.isEmpty, inbox.isStopped)
            }
            if isStopped, !mustRun { return }
            isReadable = poll(wait, blocking: !mustRun)
            inbox.withLock { $0.isSleeping = false }
        }
    }

    private func takeJobs() -> [UnownedJob]? {
        inbox.withLock { inbox in
            guard !inbox.jobs.isEmpty else { return nil }
            defer { inbox.jobs.removeAll(keepingCapacity: true) }
            return inbox.jobs
        }
    }

    /// Waits; returns whether the socket has something to read, an end or an error.
    private func poll(_ wait: Wait, blocking: Bool) -> Bool {
        let events = (wait.wantsToRead ? Int16(POLLIN) : 0) | (wait.wantsToWrite ? Int16(POLLOUT) : 0)
        var descriptors = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0), pollfd(fd: wait.socket, events: events, revents: 0)]
        var timeout: Int32 = blocking ? -1 : 0
        if blocking, let deadline = wait.deadline {
            let left = ContinuousClock.now.duration(to: deadline).seconds
            timeout = left <= 0 ? 0 : Int32(min(left * 1000 + 1, 3_600_000))
        }
        if wakeUp < 0, blocking { timeout = timeout < 0 ? Self.shortSleep : min(timeout, Self.shortSleep) }
        guard Glibc.poll(&descriptors, wait.socket < 0 ? 1 : 2, timeout) > 0 else { return false }
        if descriptors[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, 8)
        }
        return wait.socket >= 0 && descriptors[1].revents & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0
    }
}
