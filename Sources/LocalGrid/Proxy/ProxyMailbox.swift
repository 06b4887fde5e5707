import Foundation
import Synchronization
import TaskGridConfiguration

/// The requests of others to a ``ProxyLoop``, and the state that it shows them; its pipe wakes the loop.
final class ProxyMailbox: Sendable {
    enum Command: Sendable {
        case end(Proxy.Links, TCPSocket.Ending)
        case stall(Set<Proxy.Direction>, Proxy.Links, Bool)
        case cutMidFrame(Proxy.Direction, Proxy.Links)
        case inject([UInt8], Proxy.Direction, Proxy.Links)
        case refuse(Bool)
        case stop
    }

    private struct State {
        var commands: [Command] = []
        var links = 0
        var isClosed = false
    }

    /// The end that the loop polls.
    let wakeUp: Int32
    private let bell: Int32
    private let state = Mutex(State())

    init() throws(LocalGridError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw LocalGridError(.port, "no pipe for a proxy (\(Errno.current))") }
        for end in ends { TCPSocket(descriptor: end).prepare() }
        (wakeUp, bell) = (ends[0], ends[1])
    }

    var links: Int {
        get { state.withLock { $0.links } }
        set { state.withLock { $0.links = newValue } }
    }

    func post(_ command: Command) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.commands.append(command)
            // A full pipe has a wake-up in it already.
            var byte: UInt8 = 0
            _ = write(bell, &byte, 1)
        }
    }

    /// The requests since the last time.
    func take() -> [Command] {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(wakeUp, &bytes, bytes.count) > 0 {}
        return state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// By the loop, as its last act.
    func shut() {
        state.withLock { state in
            state.isClosed = true
            state.links = 0
            close(wakeUp)
            close(bell)
        }
    }
}
