import TaskStore

/// The state of a dispatcher that is active while it has the store's lease. Pure: times and answers come in, and what to do comes out.
///
/// | phase | it asks for | it goes on when |
/// |---|---|---|
/// | `standby` | the lease | it has it |
/// | `acquiring` | renewals, and the lock queue | it has the lock too, or has waited long enough |
/// | `leading` | renewals, and now and then the lock queue | another one has the lease |
///
/// The lock queue is a hint in both directions. The broker frees it at once when its owner's process dies, so that the lease need not run
/// out first. As long as the broker holds it for somebody else, that one may still consume.
struct LeadershipState {
    typealias Instant = ContinuousClock.Instant

    enum Phase: Equatable {
        case standby
        /// Has the lease, and waits until then for the lock.
        case acquiring(until: Instant)
        case leading
    }

    /// What it asks of the lease.
    enum Call: Equatable {
        case take(hint: Bool)
        case renew
    }

    enum Action: Equatable {
        case wait
        /// Asks for the lease again at once.
        case takeNow
        case tryLock
        case giveLockBack
        /// Looks whether another one has the lock.
        case lookAtLock
        /// It is the active one from now on, and has stood by for so long.
        case lead(after: Duration)
        /// Another one has the lease, or is about to take it.
        case standBy
    }

    private(set) var phase = Phase.standby
    private(set) var hasLock = false
    /// The other dispatcher that has the lease, or had it last.
    private(set) var other: LeaseHolder?
    /// Since when it stands by; nil: it has not asked yet, or is the active one.
    private(set) var waitingSince: Instant?
    /// Counts the times at which it was said that another one may have the lease.
    private(set) var doubts = 0
    /// When the latest grant was asked for; nil: it counts no more.
    private var granted: Instant?
    /// When it may ask next, in phases with a lease.
    private var nextCall: Instant?
    /// How often it was allowed to connect since it last consumed.
    private var attempts = 0
    /// Since when the store does not answer; nil: it does.
    private(set) var failingSince: Instant?
    /// When the lock is asked for, or looked at, again.
    private var nextLock: Instant?
    /// Since when each look found that no other connection has the lock, while another dispatcher has the lease; nil: none did.
    private var unlockedSince: Instant?
    /// The other dispatcher, where it renews the lease, and has not had the lock of this broker for longer than any takeover takes: it is
    /// most likely on another broker.
    private(set) var stranger: LeaseHolder?

    /// How often a dispatcher at work asks for the lock.
    static let lockInterval = Duration.seconds(4)
    /// How often it looks who has the lock while its store does not answer.
    static let lookInterval = Duration.seconds(1)
    /// How often one that stands by looks who has the lock, after it found it free and after it found it another's.
    static let standbyInterval = (free: Duration.seconds(5), taken: Duration.seconds(30))
    /// A dispatcher that takes over has the lock in less time, also one that gets it only from the broker's heartbeats.
    static let longestTakeover = Duration.seconds(10)

    /// It is the active one, and another connection has the lock.
    var lacksLock: Bool { phase == .leading && !hasLock && failingSince == nil }

    /// The lease was granted less than so long ago.
    private func wasGranted(within time: Duration, before now: Instant) -> Bool { granted.map { now < $0 + time } ?? false }

    /// The lease is not over.
    private func isFresh(at now: Instant) -> Bool { wasGranted(within: LeaseTiming.duration, before: now) }

    /// Why it may not consume now; nil: it may. One whose store does not answer goes on, and refuses what comes, as long as no other one
    /// takes the lock.
    func refusal(at now: Instant) -> String? {
        switch phase {
        case .standby: "another dispatcher has the lease of the store\(other.map { ": \($0.name)" } ?? "")"
        case .acquiring: "it has the lease of the store, and waits for the lock of the grid, which another connection holds"
        case .leading where wasGranted(within: LeaseTiming.doubt, before: now) || failingSince != nil: nil
        case .leading: "it asks whether the lease of the store is still its own"
        }
    }

    /// The connection that consumes is about to be made.
    ///
    /// - Returns: Why it may not be; nil: it may.
    mutating func admit(at now: Instant) -> String? {
        let refusal = refusal(at: now)
        if refusal == nil { attempts += 1 }
        return refusal
    }

    // MARK: What to ask

    /// - Parameters:
    ///   - now: the time.
    ///   - isConnected: whether the broker is connected.
    ///   - isConsuming: whether the connection that consumes is.
    mutating func call(at now: Instant, isConnected: Bool, isConsuming: Bool) -> Call? {
        switch phase {
        case .standby:
            waitingSince = waitingSince ?? now
            // The broker frees the lock with its connection.
            if !isConnected {
                hasLock = false
                forgetLooks()
            }
            return isConnected ? .take(hint: hasLock) : nil
        case .acquiring: return isConnected && isDue(now) ? .renew : nil
        case .leading:
            if isConsuming { attempts = 0 }
            // The first attempt takes long where queues of an earlier version are replaced: nobody else may do that meanwhile.
            if isConsuming || isConnected && attempts <= 1 { return isDue(now) ? .renew : nil }
            // One that has lost its connection keeps the lease no longer than it lasts. If nobody takes it then, it goes on.
            return isConnected && !isFresh(at: now) ? .renew : nil
        }
    }

    private func isDue(_ now: Instant) -> Bool { nextCall.map { $0 <= now } ?? true }

    // MARK: What came of it

    /// The lease has answered.
    ///
    /// - Parameters:
    ///   - answer: the answer.
    ///   - asked: when it was asked, and at which number of doubts.
    ///   - now: the time.
    ///   - patience: how long a lock is waited for whose owner is silent, from the beginning of the silence.
    mutating func heard(
        _ answer: LeaseAnswer, asked: (at: Instant, doubts: Int), now: Instant, patience: Duration
    ) -> Action {
        let wasFailing = failingSince != nil
        failingSince = nil
        guard case .granted(let former) = answer else {
            if case .refused(let holder) = answer {
                if holder?.name != other?.name { forgetLooks() }
                other = holder
            }
            return refused(at: now)
        }
        forgetLooks()
        guard asked.doubts == doubts else { return .takeNow }
        granted = asked.at
        nextCall = asked.at + LeaseTiming.renewal
        switch phase {
        case .standby:
            other = former ?? other
            phase = .acquiring(until: now + max(.zero, patience - (former?.silence ?? .zero)))
            guard hasLock else { return .tryLock }
            return lead(now)
        case .acquiring: return .tryLock
        case .leading:
            guard wasFailing && !hasLock || nextLock.map({ $0 <= now }) ?? true else { return .wait }
            return .tryLock
        }
    }

    private mutating func refused(at now: Instant) -> Action {
        granted = nil
        guard phase == .standby else { return standBy(now) }
        // Its holder lives: it is to have the lock.
        if hasLock {
            hasLock = false
            return .giveLockBack
        }
        if let other, other.silence > LeaseTiming.doubt { return .tryLock }
        let next = nextLock ?? now + Self.standbyInterval.free
        nextLock = next
        return next <= now ? .lookAtLock : .wait
    }

    /// The store did not answer.
    mutating func failed(at now: Instant) -> Action {
        if failingSince == nil { failingSince = now }
        forgetLooks()
        guard !isFresh(at: now) else { return .wait }
        switch phase {
        case .standby: break
        case .acquiring: return standBy(now)
        case .leading where !hasLock:
            guard nextLock.map({ $0 <= now }) ?? true else { return .wait }
            nextLock = now + Self.lookInterval
            return .lookAtLock
        case .leading: break
        }
        // Another one that reaches the store can take over now.
        guard hasLock else { return .wait }
        hasLock = false
        return .giveLockBack
    }

    /// It has tried to get the lock.
    ///
    /// - Parameters:
    ///   - isOwn: whether it has it; nil: the broker could not be asked.
    ///   - now: the time.
    mutating func triedLock(_ isOwn: Bool?, at now: Instant) -> Action {
        hasLock = isOwn ?? (phase == .leading && hasLock)
        switch phase {
        case .standby:
            looked(isOwn.map { !$0 }, at: now)
            return hasLock ? .takeNow : .wait
        case .acquiring(let end): return hasLock || end <= now ? lead(now) : .wait
        case .leading:
            nextLock = now + Self.lockInterval
            return .wait
        }
    }

    private mutating func lead(_ now: Instant) -> Action {
        phase = .leading
        attempts = 0
        nextLock = now + Self.lockInterval
        defer { waitingSince = nil }
        return .lead(after: waitingSince.map { $0.duration(to: now) } ?? .zero)
    }

    /// It has looked whether another one has the lock.
    ///
    /// - Parameters:
    ///   - isOthers: whether it has; nil: the broker could not be asked.
    ///   - now: the time.
    mutating func sawLock(ofAnother isOthers: Bool?, at now: Instant) -> Action {
        if phase == .standby { looked(isOthers, at: now) }
        guard isOthers == true, phase == .leading, failingSince != nil else { return .wait }
        return standBy(now)
    }

    /// One that stands by knows more of the lock.
    private mutating func looked(_ isOthers: Bool?, at now: Instant) {
        nextLock = now + (isOthers == true ? Self.standbyInterval.taken : Self.standbyInterval.free)
        guard isOthers == false, let other else { return forgetLooks() }
        let since = unlockedSince ?? now
        unlockedSince = since
        if since + Self.longestTakeover <= now, other.silence <= LeaseTiming.doubt { stranger = other }
    }

    private mutating func forgetLooks() {
        unlockedSince = nil
        stranger = nil
    }

    private mutating func standBy(_ now: Instant) -> Action {
        phase = .standby
        hasLock = false
        nextLock = nil
        waitingSince = now
        return .standBy
    }

    /// The store has said that another one began a term: the lease is to be asked for before anything goes on.
    mutating func doubt() {
        guard phase == .leading else { return }
        doubts += 1
        granted = nil
        nextCall = nil
    }
}
