import Synchronization
import TestSupport

/// A network that, once it is told to, puts bytes of the test's own in place of the server's next answer.
final class ForgedAnswers: Sendable {
    private let proxy: ByteProxy
    private let state: Flag

    private final class Flag: Sendable {
        let isRaised = Mutex(false)
    }

    var port: Int { proxy.port }

    init(to server: Int, _ bytes: [UInt8]) throws {
        let state = Flag()
        self.state = state
        proxy = try ByteProxy(to: server) { _, direction, _, _ in
            direction == .towardClient && state.isRaised.withLock { $0 } ? .replace(bytes) : .pass
        }
    }

    func forge() { state.isRaised.withLock { $0 = true } }

    func stop() { proxy.stop() }
}
