import Foundation
import NIOCore
import Synchronization
import TaskGridCore

/// Tells what happens to all who listen. Each event is encoded once, however many they are.
///
/// The latest `memory` events but the statistics are kept for those who come back. The numbers of events start at the
/// monitor's own start in microseconds since 1970, so they rise from one run of it to the next too.
final class Broadcast: Sendable {
    static let maximumListeners = 256
    static let memory = 1000

    private struct State {
        var latest: UInt64
        var past: [(id: UInt64, block: ByteBuffer)] = []
        var listeners: [UInt64: Mailbox] = [:]
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
    ///   - stats: the statistics of now.
    /// - Returns: nil where there are too many already.
    func listen(after last: UInt64?, stats: Data) -> Listener? {
        state.withLock { state in
            guard state.listeners.count < Self.maximumListeners else { return nil }
            state.arrivals += 1
            let number = state.arrivals
            let missed = last.map { last in state.past.filter { $0.id > last }.map(\.block) } ?? []
            let mailbox = Mailbox(missed, stats: ServerSentEvent.block(id: state.latest, kind: .stats, data: stats))
            if state.isOver { mailbox.end() }
            state.listeners[number] = mailbox
            return Listener(mailbox) { [weak self] in self?.leave(number) }
        }
    }

    private func leave(_ number: UInt64) { state.withLock { $0.listeners[number] = nil } }

    func tell(_ kind: ServerSentEvent.Kind, _ event: some Encodable) {
        let data = JSON.encode(event)
        state.withLock { state in
            state.latest += 1
            let block = ServerSentEvent.block(id: state.latest, kind: kind, data: data)
            if state.past.count >= Self.memory { state.past.removeFirst() }
            state.past.append((state.latest, block))
            for mailbox in state.listeners.values { mailbox.put(block) }
        }
    }

    /// Tells the statistics, which are not kept.
    func tell(stats: Data) {
        state.withLock { state in
            state.latest += 1
            let block = ServerSentEvent.block(id: state.latest, kind: .stats, data: stats)
            for mailbox in state.listeners.values { mailbox.put(stats: block) }
        }
    }

    /// Lets every connection send something.
    func keepAlive() {
        let mailboxes = state.withLock { $0.listeners.values }
        for mailbox in mailboxes { mailbox.put(ServerSentEvent.keepAlive) }
    }

    /// Nothing more is told: all listeners end, and those who come later at once.
    func end() {
        let mailboxes = state.withLock { state in
            state.isOver = true
            return state.listeners.values
        }
        for mailbox in mailboxes { mailbox.end() }
    }
}
