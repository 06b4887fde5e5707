import TaskStore
import Testing

@testable import Dispatcher

@Suite("The state of a dispatcher with a lease")
struct LeadershipStateTests {
    private typealias Action = LeadershipState.Action

    private let start = ContinuousClock.now
    /// Two heartbeats.
    private let patience = Duration.seconds(20)
    private var state = LeadershipState()

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func other(silentFor seconds: Double) -> LeaseHolder { LeaseHolder(name: "other", silence: .seconds(seconds)) }

    /// Asks for what is due, and hears the answer.
    private mutating func hear(_ answer: LeaseAnswer, at seconds: Double, isConnected: Bool = true, isConsuming: Bool = true) -> Action? {
        guard state.call(at: at(seconds), isConnected: isConnected, isConsuming: isConsuming) != nil else { return nil }
        return state.heard(answer, asked: (at(seconds), state.doubts), now: at(seconds), patience: patience)
    }

    /// Takes a free lease, and the lock.
    private mutating func lead() {
        #expect(hear(.granted(former: nil), at: 0, isConsuming: false) == .tryLock)
        #expect(state.triedLock(true, at: at(0)) == .lead(after: .zero))
    }

    @Test func `times are told in tenths of a second`() {
        #expect(Leadership.rounded(.seconds(1) + .nanoseconds(234_567_891)) == "1.2 s")
        #expect(Leadership.rounded(.milliseconds(18_470)) == "18.5 s")
        #expect(Leadership.rounded(.zero) == "0.0 s")
    }

    @Test mutating func `one that gets a free lease and the lock is active at once, and renews twice a second`() {
        #expect(state.refusal(at: at(0)) != nil)
        lead()
        #expect(state.phase == .leading && !state.lacksLock && state.refusal(at: at(0)) == nil)
        #expect(state.call(at: at(0.4), isConnected: true, isConsuming: true) == nil)
        #expect(state.call(at: at(0.5), isConnected: true, isConsuming: true) == .renew)
        #expect(hear(.granted(former: nil), at: 0.5) == .wait)
    }

    @Test mutating func `one that stands by leaves the lock alone while the holder renews, and asks for nothing without a broker`() {
        #expect(hear(.refused(holder: other(silentFor: 0.6)), at: 0) == .wait)
        #expect(state.refusal(at: at(0))?.contains("other") == true)
        #expect(hear(.refused(holder: other(silentFor: 0.6)), at: 1, isConnected: false) == nil)
    }

    @Test mutating func `a lock that is free while the holder is silent ends the wait before the lease is over`() {
        #expect(hear(.refused(holder: other(silentFor: 0.2)), at: 0) == .wait)
        #expect(hear(.refused(holder: other(silentFor: 1.1)), at: 1) == .tryLock)
        #expect(state.triedLock(true, at: at(1)) == .takeNow)
        #expect(state.call(at: at(1), isConnected: true, isConsuming: false) == .take(hint: true))
        #expect(hear(.granted(former: other(silentFor: 1.1)), at: 1) == .lead(after: .seconds(1)))
    }

    @Test mutating func `the lock goes back to a holder that has renewed meanwhile, and is not believed after the connection`() {
        #expect(hear(.refused(holder: other(silentFor: 1.1)), at: 0) == .tryLock)
        #expect(state.triedLock(true, at: at(0)) == .takeNow)
        #expect(hear(.refused(holder: other(silentFor: 0.1)), at: 0) == .giveLockBack)
        #expect(state.call(at: at(1), isConnected: true, isConsuming: false) == .take(hint: false))
        #expect(hear(.refused(holder: other(silentFor: 1.1)), at: 1) == .tryLock)
        #expect(state.triedLock(true, at: at(1)) == .takeNow)
        #expect(state.call(at: at(1.1), isConnected: false, isConsuming: false) == nil)
        #expect(state.call(at: at(1.2), isConnected: true, isConsuming: false) == .take(hint: false))
    }

    @Test mutating func `a lock that its owner keeps is waited for until two heartbeats after it fell silent`() {
        #expect(hear(.granted(former: other(silentFor: 2)), at: 0) == .tryLock)
        #expect(state.triedLock(false, at: at(0)) == .wait)
        #expect(state.refusal(at: at(0)) != nil)
        #expect(hear(.granted(former: nil), at: 17.9) == .tryLock)
        #expect(state.triedLock(false, at: at(17.9)) == .wait)
        #expect(hear(.granted(former: nil), at: 18.5) == .tryLock)
        #expect(state.triedLock(false, at: at(18.5)) == .lead(after: .seconds(18.5)))
        #expect(state.lacksLock && state.refusal(at: at(18.5)) == nil)
        // It gets it once the other's connection is gone.
        #expect(hear(.granted(former: nil), at: 19.1) == .wait)
        #expect(hear(.granted(former: nil), at: 23) == .tryLock)
        #expect(state.triedLock(true, at: at(23)) == .wait)
        #expect(!state.lacksLock)
    }

    @Test mutating func `one that was replaced while it stood still stands by, and is active again when it gets the lease`() {
        lead()
        #expect(hear(.refused(holder: other(silentFor: 0.1)), at: 10) == .standBy)
        #expect(state.phase == .standby && !state.hasLock && state.refusal(at: at(10)) != nil)
        #expect(hear(.refused(holder: other(silentFor: 0.1)), at: 11, isConsuming: false) == .wait)
        #expect(hear(.granted(former: nil), at: 15, isConsuming: false) == .tryLock)
        #expect(state.triedLock(true, at: at(15)) == .lead(after: .seconds(5)))
    }

    @Test mutating func `one without its connection lets the lease run out, and connects only once it is sure of it`() {
        lead()
        #expect(state.call(at: at(0.4), isConnected: true, isConsuming: true) == nil)
        // A short loss: nobody can have taken the lease.
        for attempt in 1...2 { #expect(state.admit(at: at(0.8)) == nil, "attempt \(attempt)") }
        #expect(state.call(at: at(0.9), isConnected: true, isConsuming: false) == nil)
        #expect(state.call(at: at(1.5), isConnected: true, isConsuming: false) == nil)
        #expect(state.refusal(at: at(1.5)) != nil)
        #expect(state.call(at: at(2.1), isConnected: false, isConsuming: false) == nil)
        #expect(hear(.granted(former: nil), at: 2.1, isConsuming: false) == .wait)
        #expect(state.refusal(at: at(2.1)) == nil)
    }

    /// As where queues of an earlier version are replaced first.
    @Test mutating func `one that connects for long keeps the lease, until that has failed`() {
        lead()
        #expect(state.admit(at: at(0.1)) == nil)
        #expect(hear(.granted(former: nil), at: 0.6, isConsuming: false) == .wait)
        #expect(hear(.granted(former: nil), at: 1.2, isConsuming: false) == .wait)
        #expect(state.call(at: at(1.8), isConnected: false, isConsuming: false) == nil)
        #expect(state.admit(at: at(1.8)) == nil)
        #expect(state.call(at: at(1.9), isConnected: true, isConsuming: false) == nil)
        #expect(hear(.granted(former: nil), at: 3.3, isConsuming: false) == .wait)
        #expect(state.call(at: at(3.9), isConnected: true, isConsuming: true) == .renew)
    }

    @Test mutating func `a term of another one is a reason to ask for the lease first, and no answer from before counts`() {
        lead()
        #expect(state.call(at: at(0.5), isConnected: true, isConsuming: true) == .renew)
        let doubts = state.doubts
        state.doubt()
        #expect(state.refusal(at: at(0.5)) != nil)
        #expect(state.heard(.granted(former: nil), asked: (at(0.5), doubts), now: at(0.6), patience: patience) == .takeNow)
        #expect(state.refusal(at: at(0.6)) != nil)
        #expect(hear(.granted(former: nil), at: 0.6, isConsuming: false) == .wait)
        #expect(state.refusal(at: at(0.6)) == nil)
    }

    @Test mutating func `one whose store does not answer offers the lock, goes on until another takes it, and takes it back`() {
        lead()
        #expect(state.failed(at: at(0.6)) == .wait)
        #expect(state.failed(at: at(2.1)) == .giveLockBack)
        // It refuses submissions, where silence would say less.
        #expect(state.refusal(at: at(2.1)) == nil && !state.lacksLock)
        #expect(state.failed(at: at(4.1)) == .lookAtLock)
        #expect(state.sawLock(ofAnother: false, at: at(4.1)) == .wait)
        #expect(state.failed(at: at(4.3)) == .wait)
        #expect(hear(.granted(former: nil), at: 5) == .tryLock)
        #expect(state.triedLock(true, at: at(5)) == .wait)

        #expect(state.failed(at: at(8)) == .giveLockBack)
        #expect(state.failed(at: at(10)) == .lookAtLock)
        #expect(state.sawLock(ofAnother: true, at: at(10)) == .standBy)
        #expect(state.refusal(at: at(10)) != nil)
        #expect(state.failed(at: at(11)) == .wait)
    }

    @Test mutating func `one whose store does not answer while it waits for the lock stands by again`() {
        #expect(hear(.granted(former: other(silentFor: 2)), at: 0) == .tryLock)
        #expect(state.triedLock(false, at: at(0)) == .wait)
        #expect(state.failed(at: at(1)) == .wait)
        #expect(state.failed(at: at(2)) == .standBy)
        #expect(state.call(at: at(3), isConnected: true, isConsuming: false) == .take(hint: false))
    }

    /// Stands by from one time until another, and asks four times a second.
    ///
    /// - Parameters:
    ///   - times: from when until when, in seconds.
    ///   - isOthers: whether another connection has the lock of this broker; nil: the broker does not say.
    /// - Returns: How often it looked.
    private mutating func standBy(_ times: Range<Double>, lockOfAnother isOthers: Bool?) -> Int {
        var looks = 0
        for seconds in stride(from: times.lowerBound, to: times.upperBound, by: 0.25) {
            guard hear(.refused(holder: other(silentFor: 0.3)), at: seconds, isConsuming: false) == .lookAtLock else { continue }
            looks += 1
            #expect(state.sawLock(ofAnother: isOthers, at: at(seconds)) == .wait)
        }
        return looks
    }

    @Test mutating func `a holder that renews the lease and never has the lock of this broker is told, until it is over`() {
        #expect(standBy(0..<15, lockOfAnother: false) == 2)
        #expect(state.stranger == nil)
        #expect(standBy(15..<20, lockOfAnother: false) == 1)
        #expect(state.stranger?.name == "other" && state.phase == .standby)
        // Its lease may look late now and then.
        #expect(hear(.refused(holder: other(silentFor: 1.1)), at: 20, isConsuming: false) == .tryLock)
        #expect(state.triedLock(true, at: at(20)) == .takeNow)
        #expect(hear(.refused(holder: other(silentFor: 0.1)), at: 20, isConsuming: false) == .giveLockBack)
        #expect(state.stranger?.name == "other")
        #expect(standBy(20.25..<25.5, lockOfAnother: true) == 1)
        #expect(state.stranger == nil)
    }

    @Test mutating func `a holder that has the lock of this broker is looked at seldom, and never told`() {
        #expect(standBy(0..<120, lockOfAnother: true) == 4)
        #expect(state.stranger == nil)
    }

    @Test mutating func `nothing is told of a holder whose lock the broker does not tell of`() {
        #expect(standBy(0..<60, lockOfAnother: nil) > 5)
        #expect(state.stranger == nil)
    }

    /// Of a takeover the holder's lock is seen to be free for some seconds at most.
    @Test(arguments: ["granted", "failed", "another holder", "no broker", "locked"])
    mutating func `a lock that is free counts anew after each change`(change: String) {
        #expect(standBy(0..<14, lockOfAnother: false) == 2)
        switch change {
        case "granted":
            #expect(hear(.granted(former: other(silentFor: 2)), at: 14, isConsuming: false) == .tryLock)
            #expect(hear(.refused(holder: other(silentFor: 0.1)), at: 14.5, isConsuming: false) == .standBy)
        case "failed": #expect(state.failed(at: at(14)) == .wait)
        case "another holder":
            let holder = LeaseHolder(name: "third", silence: .zero)
            #expect(hear(.refused(holder: holder), at: 14, isConsuming: false) == .wait)
        case "no broker": #expect(hear(.refused(holder: nil), at: 14, isConnected: false) == nil)
        default: #expect(state.sawLock(ofAnother: true, at: at(14)) == .wait)
        }
        _ = standBy(15..<24, lockOfAnother: false)
        #expect(state.stranger == nil)
        _ = standBy(24..<70, lockOfAnother: false)
        #expect(state.stranger != nil)
    }
}
