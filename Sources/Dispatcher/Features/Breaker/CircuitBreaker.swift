import TaskGridCore

/// Stops the hand-out of a type whose attempts mostly fail, and finds out by a few probes when it may go on (M. Nygard,
/// *Release It!*, "Circuit Breaker"). Pure: it is told what happens and when.
///
/// | state | hands out | goes to |
/// |---|---|---|
/// | closed | everything | open, when of at least `minimumAttempts` in the last `window` the share `failureRatio` failed |
/// | open | nothing; tasks wait as `pending` | half-open after the pause |
/// | half-open | `probes` tasks | closed when all of them succeed; open again, for twice the pause, when one fails |
///
/// A failure is what the worker could not do: an error, a timeout, or its death. Input that it refuses as invalid says that
/// it works. A task that was handed out before the breaker opened still runs, and does not count towards the probes.
struct CircuitBreaker {
    private enum Phase {
        case closed
        case open(until: Moment)
        /// The probes that are out, and how many have succeeded.
        case halfOpen(out: Set<TaskID>, succeeded: Int)
    }

    private struct Slice {
        let start: Moment
        var attempts = 0
        var failures = 0
    }

    private static let slices = 10

    let settings: BreakerSettings
    private let sliceLength: Duration
    private var phase = Phase.closed
    private var window: [Slice] = []
    /// How often it has opened since it was last closed.
    private var openings = 0

    init(_ settings: BreakerSettings = BreakerSettings()) {
        self.settings = settings
        sliceLength = settings.window / Self.slices
    }

    var state: BreakerState {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }

    /// Time has passed: it may end a pause. To be told before each hand-out.
    mutating func advance(to now: Moment) {
        if case .open(let until) = phase, until <= now { phase = .halfOpen(out: [], succeeded: 0) }
    }

    /// How many tasks may be handed out; nil: any number.
    var allowance: Int? {
        switch phase {
        case .closed: nil
        case .open: 0
        case .halfOpen(let out, let succeeded): max(0, settings.probes - out.count - succeeded)
        }
    }

    /// Why it lets nothing through, for people.
    func reason(at now: Moment) -> String {
        switch phase {
        case .closed: return "circuit breaker closed"
        case .open(let until):
            let seconds = Int(max(.zero, until - now).seconds.rounded(.up))
            return "circuit breaker open for \(seconds) s more: most recent attempts failed"
        case .halfOpen: return "circuit breaker half open: \(settings.probes) tasks try the workers"
        }
    }

    /// A task was handed out.
    mutating func handedOut(_ task: TaskID) {
        guard case .halfOpen(var out, let succeeded) = phase else { return }
        out.insert(task)
        phase = .halfOpen(out: out, succeeded: succeeded)
    }

    /// A task is out no more, and it is not known whether its worker could have done it.
    mutating func withdrawn(_ task: TaskID) {
        guard case .halfOpen(var out, let succeeded) = phase, out.remove(task) != nil else { return }
        phase = .halfOpen(out: out, succeeded: succeeded)
    }

    /// These probes are out no more, whatever became of them.
    mutating func withdraw(where condition: (TaskID) -> Bool) {
        guard case .halfOpen(let out, let succeeded) = phase else { return }
        phase = .halfOpen(out: out.filter { !condition($0) }, succeeded: succeeded)
    }

    /// An attempt ended.
    mutating func ended(_ task: TaskID, isFailure: Bool, at now: Moment) {
        guard settings.isEnabled else { return }
        switch phase {
        case .closed:
            count(isFailure, at: now)
            guard isFailure else { break }
            let attempts = window.reduce(0) { $0 + $1.attempts }
            let failures = window.reduce(0) { $0 + $1.failures }
            if attempts >= settings.minimumAttempts, Double(failures) >= settings.failureRatio * Double(attempts) { open(at: now) }
        case .open:
            break
        case .halfOpen(var out, let succeeded):
            guard out.remove(task) != nil else { break }
            if isFailure {
                open(at: now)
            } else if succeeded + 1 >= settings.probes {
                phase = .closed
                openings = 0
            } else {
                phase = .halfOpen(out: out, succeeded: succeeded + 1)
            }
        }
    }

    private mutating func open(at now: Moment) {
        let pause = min(settings.pause * (1 << min(openings, 20)), settings.maximumPause)
        phase = .open(until: now + pause)
        openings += 1
        window = []
    }

    private mutating func count(_ isFailure: Bool, at now: Moment) {
        if window.last.map({ now >= $0.start + sliceLength }) ?? true {
            window.removeAll { $0.start + settings.window <= now }
            window.append(Slice(start: now))
        }
        let current = window.count - 1
        window[current].attempts += 1
        if isFailure { window[current].failures += 1 }
    }
}
