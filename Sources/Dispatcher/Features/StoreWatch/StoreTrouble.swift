import ServiceSupport
import Synchronization
import TaskStore

/// Why the store takes no changes at present: the causes that looks at it find, and those that only commits find, because a look writes
/// nothing. The health endpoint says one of them, and ``StoreWatch`` publishes it.
final class StoreTrouble: Sendable {
    /// A part of the dispatcher that has found a cause. The causes of several are most often the same, and the first of them is said.
    enum Finder: CaseIterable {
        case look
        /// A step that is retried until it is done.
        case retry
        /// A commit whose submissions were rejected.
        case submissions
    }

    private struct Cause {
        let error: StoreError
        /// When the finder found the first one of those that it has found without an end.
        let since: ContinuousClock.Instant
        let until: ContinuousClock.Instant?
    }

    private struct State {
        var causes: [Finder: Cause] = [:]
        /// The refused commit that the log told last.
        var told: (message: String, at: ContinuousClock.Instant)?
        /// When a commit with submissions succeeded last.
        var accepted: ContinuousClock.Instant?

        func first(at now: ContinuousClock.Instant) -> Cause? {
            Finder.allCases.lazy.compactMap { causes[$0] }.first { cause in cause.until.map { now < $0 } ?? true }
        }
    }

    /// How long a rejection counts where nobody submits any more.
    static let memory = Duration.seconds(60)
    /// How often the log tells of refused commits that have the same cause.
    static let pause = Duration.seconds(30)

    private let vitals: Vitals
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())
    /// Something is to be told: a look is over, or the last cause has ended. For one reader.
    let news: AsyncStream<Void>
    private let newsSource: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - vitals: what the health endpoint shows.
    ///   - now: the time; tests bring their own.
    init(_ vitals: Vitals = Vitals(), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.vitals = vitals
        self.now = now
        (news, newsSource) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Whether the log tells of a refused commit: the first of its cause, and then one each 30 s.
    func tells(_ error: StoreError) -> Bool {
        let now = now()
        return state.withLock { state in
            if let told = state.told, told.message == error.message, now < told.at + Self.pause { return false }
            state.told = (error.message, now)
            return true
        }
    }

    /// A look is over, whatever it found.
    func looked() { newsSource.yield() }

    /// Only looks find a cause, and commits have succeeded meanwhile: the store can be written, and not be read.
    var concernsReadsOnly: Bool {
        state.withLock { state in
            guard state.causes.count == 1, let since = state.causes[.look]?.since, let accepted = state.accepted else { return false }
            return since < accepted
        }
    }

    /// The cause to be told; nil: there is none.
    var error: StoreError? {
        let now = now()
        return state.withLock { $0.first(at: now)?.error }
    }

    func found(_ error: StoreError, by finder: Finder) {
        // One submission that the store cannot take is no trouble of the others.
        guard finder != .submissions || error.code != .badRequest else { return }
        let now = now()
        state.withLock { state in
            let since = state.causes[finder]?.since ?? now
            state.causes[finder] = Cause(error: error, since: since, until: finder == .submissions ? now + Self.memory : nil)
            show(state, at: now)
        }
    }

    /// The finder finds no cause any more.
    func ended(_ finder: Finder) {
        let now = now()
        state.withLock { state in
            if finder == .submissions { (state.accepted, state.told) = (now, nil) }
            let former = state.causes.removeValue(forKey: finder)
            var hasEnded = former != nil
            // The end of what a look has seen too, or of a server that could not be reached, is seen by a look.
            if finder == .look, former != nil || state.causes[.submissions]?.error.code == .unavailable {
                hasEnded = state.causes.removeValue(forKey: .submissions) != nil || hasEnded
            }
            guard hasEnded else { return }
            show(state, at: now)
            if state.first(at: now) == nil { newsSource.yield() }
        }
    }

    private func show(_ state: State, at now: ContinuousClock.Instant) {
        let first = state.first(at: now)
        vitals.problem("store", first?.error.message, lasting: first?.until.map { now.duration(to: $0) })
    }
}
