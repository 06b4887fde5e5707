import Foundation
import NIOCore
import Synchronization
import TaskGridCore

/// Tells what happens to all who listen. Each event is encoded once, however many they are.
///
/// Of the statistics a listener gets all that is shown once, and then what changed: so it costs the same however large the grid is.
/// The latest `memory` events but the statistics are kept for those who come back. The numbers of events start at the
/// monitor's own start in microseconds since 1970, so they rise from one run of it to the next too.
final class Broadcast: Sendable {
    static let maximumListeners = 256
    static let memory = 1000

    private struct State {
        var latest: UInt64
        var past: [(id: UInt64, kind: ServerSentEvent.Kind, block: ByteBuffer)] = []
        var listeners: [UInt64: ListenerBuffer] = [:]
        /// The statistics as all listeners know them.
        var view = LiveView(head: Data("{}".utf8))
        var arrivals: UInt64 = 0
        var isOver = false
    }

    private let state: Mutex<State>

    init(since: Timestamp) {
        state = Mutex(State(latest: UInt64(max(0, since.rawValue)) * 1000))
    }

    var listeners: Int { state.withLock { $0.listeners.count } }

    /// Somebody who listens from now on.
    ///
    /// - Parameters:
    ///   - last: the number of the latest event that it has; nil: none before now are told.
    ///   - kinds: what it wants to hear of.
    ///   - view: the statistics of now, for the first listener; others get those that the others have.
    /// - Returns: nil where there are too many already.
    func listen(
        after last: UInt64?, kinds: Set<ServerSentEvent.Kind> = Set(ServerSentEvent.Kind.allCases), view: @autoclosure () -> LiveView
    ) -> Listener? {
        // Made outside the lock, where it is needed at all.
        let now = listeners == 0 ? view() : nil
        return state.withLock { state in
            guard state.listeners.count < Self.maximumListeners else { return nil }
            if state.listeners.isEmpty, let now { state.view = now }
            state.arrivals += 1
            let number = state.arrivals
            let missed = last.map { last in state.past.filter { $0.id > last && kinds.contains($0.kind) }.map(\.block) } ?? []
            let stats = kinds.contains(.stats) ? Self.snapshot(state) : nil
            let buffer = ListenerBuffer(missed, kinds: kinds, stats: stats)
            if state.isOver { buffer.end() }
            state.listeners[number] = buffer
            return Listener(buffer) { [weak self] in self?.leave(number) }
        }
    }

    private func leave(_ number: UInt64) { state.withLock { $0.listeners[number] = nil } }

    func send(_ kind: ServerSentEvent.Kind, _ event: some Encodable) {
        let data = JSON.shown(event)
        state.withLock { state in
            state.latest += 1
            let block = ServerSentEvent.block(id: state.latest, kind: kind, data: data)
            if state.past.count >= Self.memory { state.past.removeFirst() }
            state.past.append((state.latest, kind, block))
            for buffer in state.listeners.values where buffer.kinds.contains(kind) { buffer.put(block) }
        }
    }

    /// Tells what has changed in the statistics, which is not kept. A listener that has not taken the change before gets all that is
    /// shown in place of both.
    func send(_ view: LiveView) {
        state.withLock { state in
            let change = state.view.move(to: view)
            state.latest += 1
            let block = ServerSentEvent.block(id: state.latest, kind: .change, data: change)
            var snapshot: ByteBuffer?
            for buffer in state.listeners.values where buffer.kinds.contains(.stats) {
                guard !buffer.put(change: block) else { continue }
                let stats = snapshot ?? Self.snapshot(state)
                snapshot = stats
                buffer.put(stats: stats)
            }
        }
    }

    private static func snapshot(_ state: State) -> ByteBuffer {
        ServerSentEvent.block(id: state.latest, kind: .stats, data: state.view.snapshot)
    }

    /// Lets every connection send something.
    func keepAlive() {
        let buffers = state.withLock { $0.listeners.values }
        for buffer in buffers { buffer.put(ServerSentEvent.keepAlive) }
    }

    /// Nothing more is told: all listeners end, and those who come later at once.
    func end() {
        let buffers = state.withLock { state in
            state.isOver = true
            return state.listeners.values
        }
        for buffer in buffers { buffer.end() }
    }
}
