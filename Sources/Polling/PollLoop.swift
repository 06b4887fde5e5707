import CPolling
import Foundation
import Glibc
import Synchronization

/// A thread that polls the sockets of one or more connections and runs their jobs between polls. It is the executor of these connections,
/// which are actors, and through ``PollLoopTasks`` of the tasks that prefer it: they receive from a connection without a change of threads.
///
/// The bindings of client libraries share it: a connection to RabbitMQ and one to PostgreSQL each have such a thread.
///
/// Jobs wake it through an eventfd, which is written at most once per sleep. The thread ends when its last connection is gone. As long as
/// one lives, every job enqueued on it is run. A task may outlive all of them; it continues in the global pool.
package final class PollLoop: SerialExecutor {
    /// The events that end the wait before the next turn.
    package struct WakeCondition: Sendable {
        /// The socket, or -1: none.
        package var socket: Int32
        package var wantsToRead: Bool
        package var wantsToWrite: Bool
        /// The turn after this time is due even if nothing happens.
        package var deadline: ContinuousClock.Instant?

        package init(
            socket: Int32 = -1, wantsToRead: Bool = true, wantsToWrite: Bool = false, deadline: ContinuousClock.Instant? = nil
        ) {
            self.socket = socket
            self.wantsToRead = wantsToRead
            self.wantsToWrite = wantsToWrite
            self.deadline = deadline
        }
    }

    /// A connection's work between polls, told whether its socket was readable or broken. It returns the events to wait for next; nil: the
    /// connection is gone.
    package typealias TurnBody = @Sendable (_ isReadable: Bool) -> WakeCondition?

    /// A connection, as the thread sees it.
    private struct Member {
        let turn: TurnBody
        var wait = WakeCondition()
        var isReadable = false
    }

    private struct Job {
        let job: UnownedJob
        /// The executor of a task that prefers the thread; nil: the job is an actor's.
        let tasks: PollLoopTasks?
    }

    /// Given by other threads, for the next turn.
    private struct Pending {
        var jobs: [Job] = []
        /// Connections that the thread does not poll yet.
        var joining: [TurnBody] = []
        var isStarted = false
        /// The thread is in `poll`, or about to be.
        var isSleeping = false
        /// The thread runs no more jobs.
        var hasEnded = false
        var thread: pthread_t?
    }

    private let pending = Mutex(Pending())
    /// -1 where the process may open no more files: then the thread sleeps for `shortSleep` at most, instead of being woken.
    private let wakeUp: Int32
    private static let shortSleep: Int32 = 10
    private let name: String

    /// - Parameter name: names the thread; it starts with the first connection.
    package init(name: String) {
        self.name = name
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        if wakeUp >= 0 { close(wakeUp) }
    }

    /// Adds a connection; the first one starts the thread.
    package func join(turn: @escaping TurnBody) {
        let isFirst = pending.withLock { pending in
            pending.joining.append(turn)
            defer { pending.isStarted = true }
            return !pending.isStarted
        }
        guard isFirst else { return wake() }
        let thread = Thread { [self] in
            taskgrid_name_thread(name)
            pending.withLock { $0.thread = pthread_self() }
            run()
        }
        thread.start()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        enqueue(Job(job: UnownedJob(job), tasks: nil))
    }

    func enqueue(_ job: UnownedJob, of tasks: PollLoopTasks) {
        enqueue(Job(job: job, tasks: tasks))
    }

    private func enqueue(_ job: Job) {
        let (isTaken, mustWake) = pending.withLock { pending in
            guard !pending.hasEnded else { return (false, false) }
            pending.jobs.append(job)
            defer { pending.isSleeping = false }
            return (true, pending.isSleeping)
        }
        if mustWake { wake() }
        if !isTaken { globalConcurrentExecutor.enqueue(job.job) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    package func isIsolatingCurrentContext() -> Bool? {
        pending.withLock { pending in pending.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    package func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "not on the thread of connection \(name)")
    }

    /// Whether the thread has ended, and the global pool runs the jobs.
    package var hasEnded: Bool { pending.withLock { $0.hasEnded } }

    /// Ends the sleep, if there is one: another turn is due.
    package func wake() {
        var one: UInt64 = 1
        // A failure means that the counter is full, and then the thread is awake anyway.
        _ = write(wakeUp, &one, 8)
    }

    private func run() {
        var members: [Member] = []
        while true {
            while let jobs = takeJobs() {
                for job in jobs {
                    if let tasks = job.tasks {
                        job.job.runSynchronously(on: tasks.asUnownedTaskExecutor())
                    } else {
                        job.job.runSynchronously(on: asUnownedSerialExecutor())
                    }
                }
            }
            members += takeJoining().map { Member(turn: $0) }
            for index in members.indices.reversed() {
                if let wait = members[index].turn(members[index].isReadable) {
                    members[index].wait = wait
                } else {
                    members.remove(at: index)
                }
            }
            // Jobs that the turns themselves enqueued (resumed continuations) run before sleeping.
            let (hasEnded, mustRun) = pending.withLock { [isEmpty = members.isEmpty] pending in
                let isIdle = pending.jobs.isEmpty && pending.joining.isEmpty
                pending.hasEnded = isIdle && isEmpty
                pending.isSleeping = isIdle && !isEmpty
                return (pending.hasEnded, !isIdle)
            }
            if hasEnded { return }
            poll(&members, blocking: !mustRun)
            pending.withLock { $0.isSleeping = false }
        }
    }

    private func takeJoining() -> [TurnBody] {
        pending.withLock { pending in
            defer { pending.joining = [] }
            return pending.joining
        }
    }

    private func takeJobs() -> [Job]? {
        pending.withLock { pending in
            guard !pending.jobs.isEmpty else { return nil }
            defer { pending.jobs.removeAll(keepingCapacity: true) }
            return pending.jobs
        }
    }

    /// Waits for a socket that is readable or broken, for ``wake()``, and for the earliest deadline. Notes which sockets were readable.
    private func poll(_ members: inout [Member], blocking: Bool) {
        var descriptors = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
        for index in members.indices {
            members[index].isReadable = false
            let wait = members[index].wait
            let events = (wait.wantsToRead ? Int16(POLLIN) : 0) | (wait.wantsToWrite ? Int16(POLLOUT) : 0)
            // One below zero is passed over (poll(2)).
            descriptors.append(pollfd(fd: wait.socket, events: events, revents: 0))
        }
        var timeout: Int32 = blocking ? -1 : 0
        if blocking, let deadline = members.compactMap(\.wait.deadline).min() {
            let left = ContinuousClock.now.duration(to: deadline)
            timeout = left <= .zero ? 0 : left >= .seconds(3600) ? 3_600_000 : Int32(left.attoseconds / 1_000_000_000_000_000) + 1
        }
        if wakeUp < 0, blocking { timeout = timeout < 0 ? Self.shortSleep : min(timeout, Self.shortSleep) }
        guard Glibc.poll(&descriptors, nfds_t(descriptors.count), timeout) > 0 else { return }
        if descriptors[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, 8)
        }
        for (index, descriptor) in zip(members.indices, descriptors.dropFirst()) {
            members[index].isReadable = descriptor.fd >= 0 && descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0
        }
    }
}
