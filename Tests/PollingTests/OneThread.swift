import Glibc

@testable import Polling

/// An actor whose executor is a ``PollLoop``, as a connection's is.
actor OneThread {
    private nonisolated let loop: PollLoop
    private nonisolated let tasks: PollLoopTasks
    private(set) var marks: [Int] = []
    private(set) var threads: Set<UInt> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Parameter other: the actor whose thread it shares.
    init(sharing other: OneThread? = nil, turn: @escaping @Sendable (Bool) -> PollLoop.WakeCondition = { _ in PollLoop.WakeCondition() }) {
        loop = other?.loop ?? PollLoop(name: "one thread of tests")
        tasks = PollLoopTasks(loop)
        loop.join { [weak self] isReadable in self == nil ? nil : turn(isReadable) }
    }

    nonisolated var executor: any TaskExecutor { tasks }

    deinit {
        loop.wake()
    }

    /// Notes the number and the thread.
    func mark(_ number: Int) {
        marks.append(number)
        threads.insert(UInt(pthread_self()))
    }

    /// Enqueues so many jobs from one of its own, each of which notes its number.
    func enqueue(_ count: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<count { group.addTask { await self.mark(number) } }
        }
    }

    nonisolated var isIsolating: Bool { loop.isIsolatingCurrentContext() == true }

    var isIsolatingHere: Bool { isIsolating }

    /// Says whether the thread has ended, once the actor is gone.
    nonisolated var end: @Sendable () -> Bool { { [loop] in loop.hasEnded } }

    nonisolated func wake() { loop.wake() }

    /// Throws the process away unless called on its own thread.
    nonisolated func check() { loop.checkIsolated() }
}
