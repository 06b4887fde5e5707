import TaskGridCore
import TaskStore

/// The time that durations follow: delays, expiries, backoffs and the retention. It never steps, whatever becomes of the wall clock, and
/// goes on across restarts.
///
/// It begins with what the store has kept of it and the time that has passed since then by the wall clock, and follows the monotonic
/// clock from there. If the wall clock steps, the difference is known as ``wallOffset``: absolute times, which people give and read,
/// are converted by it.
struct StoreClock: Sendable {
    /// A smaller difference between the clocks is none: they are read one after the other, and in milliseconds.
    private static let tolerance = Duration.seconds(1)

    private let source: TimeSource
    private let start: Timestamp
    private let origin: Moment
    /// How far the wall clock is ahead of this one, as of the latest look.
    private(set) var wallOffset = Duration.zero

    /// - `saved`: what the store has kept; nil: the clock begins with the wall's time.
    /// - `earlier`: this process's clock until now, behind which it does not go.
    init(after saved: StoreClockReading? = nil, earlier: StoreClock? = nil, source: TimeSource = .system) {
        self.source = source
        let wall = source.wall()
        origin = source.moment()
        if let earlier {
            start = max(earlier.now, saved?.clock ?? earlier.now)
        } else {
            start = saved.map { $0.clock + max(.zero, wall - $0.wall) } ?? wall
        }
        follow()
    }

    var now: Timestamp { start + (source.moment() - origin) }

    /// The wall clock's time.
    var wall: Timestamp { source.wall() }

    /// The time that the store is to keep.
    var reading: StoreClockReading { StoreClockReading(clock: now, wall: wall) }

    /// When this clock will show a time.
    func moment(at time: Timestamp) -> Moment { origin + (time - start) }

    /// Looks at the wall clock again.
    ///
    /// - Returns: Whether it has stepped.
    @discardableResult
    mutating func follow() -> Bool {
        let difference = wall - now
        guard (difference - wallOffset).magnitude >= Self.tolerance else { return false }
        wallOffset = difference.magnitude < Self.tolerance ? .zero : .milliseconds(difference.milliseconds)
        return true
    }
}

extension Duration {
    fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
}

// MARK: Times for people

extension StoreClock {
    /// A task with the times that people read.
    func shown(_ task: TaskRecord) -> TaskRecord {
        guard wallOffset != .zero else { return task }
        var task = task
        task.created = shown(task.created)
        task.completed = task.completed.map(shown)
        task.due = task.due.map(shown)
        task.expires = task.expires.map(shown)
        for index in task.attempts.indices {
            task.attempts[index].started = task.attempts[index].started.map(shown)
            task.attempts[index].ended = task.attempts[index].ended.map(shown)
        }
        return task
    }

    /// A filter whose times are this clock's.
    func meant(_ filter: TaskFilter) -> TaskFilter {
        guard wallOffset != .zero else { return filter }
        var filter = filter
        filter.createdSince = filter.createdSince.map { $0 - wallOffset }
        filter.createdUntil = filter.createdUntil.map { $0 - wallOffset }
        filter.completedSince = filter.completedSince.map { $0 - wallOffset }
        filter.completedUntil = filter.completedUntil.map { $0 - wallOffset }
        return filter
    }

    /// A bulk action with the times that people read.
    func shown(_ action: BulkAction) -> BulkAction {
        var action = action
        action.started = shown(action.started)
        action.ended = action.ended.map(shown)
        return action
    }

    /// The task that waits longest, with the time that people read.
    func shown(_ task: OldestTask) -> OldestTask { OldestTask(id: task.id, since: shown(task.since)) }

    /// A time as people read it.
    func shown(_ time: Timestamp) -> Timestamp {
        min(max(Timestamp(rawValue: 0), time + wallOffset), WireFormat.maximumTime)
    }
}
