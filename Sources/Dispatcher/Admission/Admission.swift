import TaskGridCore

/// Decides whether a type may hand out tasks, and how many: the one place that does. Each policy says how much room it leaves, and the
/// least of them holds. Pure.
struct Admission: Sendable {
    /// However many slots a type's workers have, no more of its tasks are handed out at a time.
    static let maximumTasks = 1_000_000
    /// The window of a type of which nothing is known yet.
    private static let firstWindow = 64

    private static let policies = AdmissionPolicy.allCases

    /// How much work the broker holds per type, in time at the rate measured.
    private let windowDuration: Duration
    /// The most tasks of a type that the broker holds, whatever the rate.
    private let maximumWindow: Int

    init(_ configuration: DispatcherConfiguration) {
        windowDuration = configuration.window
        maximumWindow = configuration.maximumWindow
    }

    /// How many tasks of a type may be handed out at a time: what its workers run in the window's time, up to the maximum, but always
    /// twice as many as they run at once. None where no worker takes any.
    func window(of typeQueue: TypeQueue) -> Int {
        guard typeQueue.concurrency > 0 else { return 0 }
        let floor = min(2 * typeQueue.concurrency, Self.maximumTasks)
        guard let meanRunTime = typeQueue.runTime.mean else { return max(floor, min(Self.firstWindow, maximumWindow)) }
        let measured = windowDuration.seconds * Double(typeQueue.concurrency) / meanRunTime
        return max(floor, min(maximumWindow, Int(min(measured, 1e9))))
    }

    /// How many more tasks of a type may be handed out now: what the policies leave, without those that turns under way may hand out.
    func room(for typeQueue: TypeQueue) -> Int {
        let window = window(of: typeQueue)
        var room = Int.max
        for policy in Self.policies { room = min(room, policy.room(for: typeQueue, window: window)) }
        return max(0, room - typeQueue.promised)
    }

    /// Whether a submission's tasks may be handed out with their own acceptance: nothing older of their type waits, and there is room for
    /// all of them. Tasks that go out one by one are taken from the store.
    func admits(_ count: Int, of typeQueue: TypeQueue) -> Bool {
        !typeQueue.hasBacklog && !isOneByOne(typeQueue) && count <= room(for: typeQueue)
    }

    /// How many tasks of a type to take from the store now; 0 while its window is nearly full, so that a take is worth its transaction.
    func take(from typeQueue: TypeQueue, at now: Timestamp) -> Int {
        guard typeQueue.hasWaiting(at: now) else { return 0 }
        if !isOneByOne(typeQueue), !typeQueue.handed.isEmpty {
            let window = window(of: typeQueue)
            guard (window - typeQueue.handed.count) * 4 >= window else { return 0 }
        }
        return room(for: typeQueue)
    }

    /// Whether a type is to be looked at for hand-outs: something waits that may go out as soon as there is room, or time moves a policy.
    static func mayHandOut(_ typeQueue: TypeQueue, at now: Timestamp) -> Bool {
        policies.contains { $0.movesWithTime(typeQueue) }
            || typeQueue.hasWaiting(at: now) && !policies.contains { $0.holdsUntilTold(typeQueue) }
    }

    private func isOneByOne(_ typeQueue: TypeQueue) -> Bool { Self.policies.contains { $0.isOneByOne(typeQueue) } }

    /// Why no more tasks of a type are handed out, in words; empty where some may be.
    func reasons(for typeQueue: TypeQueue, at now: Moment) -> [String] {
        let window = window(of: typeQueue)
        return Self.policies.compactMap { $0.reason(for: typeQueue, window: window, at: now) }
    }
}
