import CRabbitMQ
import Foundation
import Glibc
import Synchronization

/// A thread that polls the sockets of one or more connections, and runs their jobs between polls: the executor of these ``Connection``s,
/// and through ``PollLoopTasks`` of the tasks that prefer it, which take what a connection gives them without a change of threads.
///
/// Jobs wake it through an eventfd, which is written at most once per sleep. The thread ends when the last member has left, which its
/// `deinit` does: as long as one lives, every job enqueued on it is run. A task may outlive them all; it goes on in the global pool.
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

    /// A connection, as the thread sees it.
    private final class Member {
        let number: Int
        /// Told whether the socket was readable or broken; says what to wait for next.
        let turn: @Sendable (Bool) -> Wait
        var wait = Wait()
        var isReadable = false

        init(number: Int, turn: @escaping @Sendable (Bool) -> Wait) {
            self.number = number
            self.turn = turn
        }
    }

    private struct Job {
        let job: UnownedJob
        /// It is a step of a task that prefers the thread; nil: of an actor of the thread.
        let tasks: PollLoopTasks?
    }

    private struct Inbox {
        var jobs: [Job] = []
        /// Who is polled, with what each does between polls.
        var turns: [(number: Int, turn: @Sendable (Bool) -> Wait)] = []
        var lastNumber = 0
        /// The thread is in `poll`, or about to be.
        var isSleeping = false
        /// The thread runs no more jobs.
        var hasEnded = false
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

    /// Adds a member; the first starts the thread. Between polls it runs the jobs that wait and calls `turn` with whether the member's socket
    /// was readable or broken; `turn` says what to wait for next.
    ///
    /// - Returns: its number, for ``leave(_:)``.
    func join(turn: @escaping @Sendable (_ isReadable: Bool) -> Wait) -> Int {
        let number = inbox.withLock { inbox in
            inbox.lastNumber += 1
            inbox.turns.append((inbox.lastNumber, turn))
            return inbox.lastNumber
        }
        guard number == 1 else {
            wake()
            return number
        }
        let thread = Thread { [self] in
            taskgrid_name_thread(name)
            inbox.withLock { $0.thread = pthread_self() }
            run()
        }
        thread.start()
        return number
    }

    /// Takes a member out. The thread ends after the last one's jobs.
    func leave(_ number: Int) {
        inbox.withLock { $0.turns.removeAll { $0.number == number } }
        wake()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        enqueue(Job(job: UnownedJob(job), tasks: nil))
    }

    func enqueue(_ job: UnownedJob, of tasks: PollLoopTasks) {
        enqueue(Job(job: job, tasks: tasks))
    }

    private func enqueue(_ job: Job) {
        let (isTaken, mustWake) = inbox.withLock { inbox in
            guard !inbox.hasEnded else { return (false, false) }
            inbox.jobs.append(job)
            defer { inbox.isSleeping = false }
            return (true, inbox.isSleeping)
        }
        if mustWake { wake() }
        if !isTaken { globalConcurrentExecutor.enqueue(job.job) }
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

    /// Whether its thread runs no more jobs, and the global pool does.
    var hasEnded: Bool { inbox.withLock { $0.hasEnded } }

    /// Ends the sleep, if there is one: another turn is due.
    func wake() {
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
            follow(&members)
            for member in members {
                member.wait = member.turn(member.isReadable)
                member.isReadable = false
            }
            // Jobs that the turns themselves enqueued (resumed continuations) run before sleeping.
            let (hasEnded, mustRun) = inbox.withLock { inbox in
                inbox.hasEnded = inbox.jobs.isEmpty && inbox.turns.isEmpty
                inbox.isSleeping = inbox.jobs.isEmpty && !inbox.hasEnded
                return (inbox.hasEnded, !inbox.isSleeping)
            }
            if hasEnded { return }
            poll(members, blocking: !mustRun)
            inbox.withLock { $0.isSleeping = false }
        }
    }

    /// Takes over who has joined and who has left.
    private func follow(_ members: inout [Member]) {
        inbox.withLock { inbox in
            guard !members.elementsEqual(inbox.turns, by: { $0.number == $1.number }) else { return }
            let known = members
            members = inbox.turns.map { entry in
                known.first { $0.number == entry.number } ?? Member(number: entry.number, turn: entry.turn)
            }
        }
    }

    private func takeJobs() -> [Job]? {
        inbox.withLock { inbox in
            guard !inbox.jobs.isEmpty else { return nil }
            defer { inbox.jobs.removeAll(keepingCapacity: true) }
            return inbox.jobs
        }
    }

    /// Waits until a socket has something to read, an end or an error, or somebody wakes the thread, or a turn is due.
    private func poll(_ members: [Member], blocking: Bool) {
        var descriptors = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
        for member in members {
            let wait = member.wait
            let events = (wait.wantsToRead ? Int16(POLLIN) : 0) | (wait.wantsToWrite ? Int16(POLLOUT) : 0)
            // One below zero is passed over (poll(2)).
            descriptors.append(pollfd(fd: wait.socket, events: events, revents: 0))
        }
        var timeout: Int32 = blocking ? -1 : 0
        if blocking, let deadline = members.compactMap(\.wait.deadline).min() {
            let left = ContinuousClock.now.duration(to: deadline).seconds
            timeout = left <= 0 ? 0 : Int32(min(left * 1000 + 1, 3_600_000))
        }
        if wakeUp < 0, blocking { timeout = timeout < 0 ? Self.shortSleep : min(timeout, Self.shortSleep) }
        guard Glibc.poll(&descriptors, nfds_t(descriptors.count), timeout) > 0 else { return }
        if descriptors[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(wakeUp, &count, 8)
        }
        for (member, descriptor) in zip(members, descriptors.dropFirst()) {
            member.isReadable = descriptor.fd >= 0 && descriptor.revents & Int16(POLLIN | POLLHUP | POLLERR | POLLNVAL) != 0
        }
    }
}
