import Synchronization
import TestSupport

/// A network before the server that a test cuts or holds, in the middle of a commit.
final class Cutter: Sendable {
    private struct State {
        /// The answers that go through before the cut; nil: all do.
        var left: Int?
        var direction = ByteProxy.Direction.towardClient
        var verdict = ByteProxy.Verdict.cut(after: 0)
        var isCut = false
    }

    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    private let shared = Shared()
    private let proxy: ByteProxy

    var port: Int { proxy.port }

    init(to server: Int) throws {
        let shared = shared
        proxy = try ByteProxy(to: server) { _, direction, _, _ in
            shared.state.withLock { state in
                guard !state.isCut, direction == state.direction, let left = state.left else { return .pass }
                guard left == 0 else {
                    state.left = left - 1
                    return .pass
                }
                state.isCut = true
                return state.verdict
            }
        }
    }

    /// Cuts the connection in a direction after so many more journeys.
    func cut(_ direction: ByteProxy.Direction, after journeys: Int) {
        shared.state.withLock { $0 = State(left: journeys, direction: direction) }
    }

    /// Carries nothing more in a direction after so many reads, and leaves the connection open.
    func hold(_ direction: ByteProxy.Direction, after reads: Int) {
        shared.state.withLock { $0 = State(left: reads, direction: direction, verdict: .hold) }
    }

    /// - Returns: Whether it was cut.
    func heal() -> Bool {
        shared.state.withLock { state in
            defer { state = State() }
            return state.isCut
        }
    }

    func stop() { proxy.stop() }
}
