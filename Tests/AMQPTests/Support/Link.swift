import Foundation
import Glibc
import Synchronization

/// One connection through a ``Proxy``: two sockets and a thread for each direction.
final class Link: Sendable {
    enum Direction: Hashable, Sendable {
        case towardBroker, towardClient
    }

    private struct State {
        var stalled: Set<Direction> = []
        /// Directions whose thread still runs; the sockets are closed by the last.
        var running = 2
    }

    private let client: Int32
    private let server: Int32
    private let journal: Journal<Proxy.Event>
    private let state = Mutex(State())
    /// Wakes the threads of stalled directions.
    private let gate = NSCondition()
    /// Held while a whole frame is written to the client.
    private let writing = Mutex(())

    init(client: Int32, server: Int32, _ journal: Journal<Proxy.Event>) {
        self.client = client
        self.server = server
        self.journal = journal
    }

    func start() {
        Thread.detachNewThread { [self] in
            carryToBroker()
            leave()
        }
        Thread.detachNewThread { [self] in
            carryToClient()
            leave()
        }
    }

    func stall(_ direction: Direction) {
        state.withLock { state in _ = state.stalled.insert(direction) }
    }

    func inject(_ bytes: [UInt8]) {
        writing.withLock { _ in _ = send(bytes, to: client) }
    }

    /// Ends both sides; what is stalled is thrown away.
    func end() {
        state.withLock { state in
            guard state.running > 0 else { return }
            state.stalled = []
            // Under the lock: the numbers may belong to others once the sockets are closed.
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }
        gate.lock()
        gate.broadcast()
        gate.unlock()
    }

    private func leave() {
        end()
        let isLast = state.withLock { state in
            state.running -= 1
            guard state.running == 0 else { return false }
            close(client)
            close(server)
            return true
        }
        if isLast { journal.record(.ended) }
    }

    private func pass(_ direction: Direction) {
        gate.lock()
        while state.withLock({ $0.stalled.contains(direction) }) { gate.wait() }
        gate.unlock()
    }

    private func carryToBroker() {
        var buffer: [UInt8] = []
        var hasHeader = false
        while let bytes = receive(from: client) {
            buffer += bytes
            if !hasHeader, buffer.count >= 8 {
                buffer.removeFirst(8)
                hasHeader = true
            }
            while hasHeader, let frame = WireFrame.take(from: &buffer) {
                journal.record(.sent(type: frame.type, channel: frame.channel, frame.method))
            }
            pass(.towardBroker)
            guard send(bytes, to: server) else { return }
        }
    }

    private func carryToClient() {
        var buffer: [UInt8] = []
        while let bytes = receive(from: server) {
            buffer += bytes
            while let frame = WireFrame.take(from: &buffer) {
                pass(.towardClient)
                guard writing.withLock({ _ in send(frame.bytes, to: client) }) else { return }
            }
        }
    }

    private func receive(from socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &bytes, bytes.count, 0)
            if count > 0 { return Array(bytes[..<count]) }
            guard count < 0, errno == EINTR else { return nil }
        }
    }

    private func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL)) }
            if count > 0 { sent += count } else if errno != EINTR { return false }
        }
        return true
    }
}
