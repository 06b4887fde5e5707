import AMQP
import Foundation
import Glibc
import Synchronization
import Testing

/// A network between a client and the broker that tests can cut, stall and write into. Its threads block, as a cable does.
final class Proxy: Sendable {
    enum Event: Equatable, Sendable {
        /// A connection was accepted and joined to the broker.
        case joined
        /// A connection was accepted and thrown away.
        case refused
        /// The client wrote this frame, whether or not it went on to the broker: its type, channel and method.
        case sent(type: UInt8, channel: UInt16, MethodID?)
        /// A connection ended, whoever ended it.
        case ended
    }

    private struct State {
        var isRefusing = false
        var links: [Link] = []
    }

    let journal = Journal<Event>()
    let endpoint: Endpoint
    private let broker: Endpoint
    private let listener: Int32
    private let state = Mutex(State())

    /// - Parameter heartbeat: what a client that connects here asks for, in seconds.
    init(to broker: Endpoint, heartbeat: Int = 10) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try address.withSockaddr { address, length in
            try #require(bind(listener, address, length) == 0 && listen(listener, 64) == 0)
        }
        var bound = sockaddr_in()
        try #require(
            withUnsafeMutableBytes(of: &bound) { getsockname(listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) }
                == 0)
        var endpoint = broker
        endpoint.host = "127.0.0.1"
        endpoint.port = Int(UInt16(bigEndian: bound.sin_port))
        endpoint.heartbeat = heartbeat
        self.broker = broker
        self.listener = listener
        self.endpoint = endpoint
        Thread.detachNewThread { [self] in accept() }
    }

    /// Ends every connection and takes no more.
    func close() {
        refuse(true)
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    /// Ends every connection on both sides.
    func cut() {
        for link in state.withLock({ $0.links }) { link.end() }
    }

    /// Throws new connections away from now on, or joins them again.
    func refuse(_ isRefusing: Bool) {
        state.withLock { $0.isRefusing = isRefusing }
    }

    /// From now on the newest connection carries nothing in this direction; both its ends stay open.
    func stall(_ direction: Link.Direction) {
        state.withLock { $0.links.last }?.stall(direction)
    }

    /// Writes to the client of the newest connection, between two frames of the broker.
    func inject(_ bytes: [UInt8]) {
        state.withLock { $0.links.last }?.inject(bytes)
    }

    func inject(_ frame: WireFrame) { inject(frame.bytes) }

    /// Returns once the client has written so many frames with this method.
    func sent(_ method: MethodID, count: Int = 1) async -> Bool {
        await journal.saw(count) {
            if case .sent(_, _, method) = $0 { true } else { false }
        }
    }

    /// How many connections were joined.
    var joined: Int { journal.events.count { $0 == .joined } }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else {
                if errno == EINTR { continue }
                Glibc.close(listener)
                return
            }
            let server = state.withLock { $0.isRefusing } ? -1 : connectToBroker()
            guard server >= 0 else {
                Glibc.close(client)
                journal.record(.refused)
                continue
            }
            let link = Link(client: client, server: server, journal)
            state.withLock { $0.links.append(link) }
            journal.record(.joined)
            link.start()
        }
    }

    private func connectToBroker() -> Int32 {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(broker.host, "\(broker.port)", &hints, &found) == 0, let found else { return -1 }
        defer { freeaddrinfo(found) }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard connect(server, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            Glibc.close(server)
            return -1
        }
        return server
    }
}

extension sockaddr_in {
    fileprivate static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    fileprivate mutating func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result) rethrows -> Result {
        try withUnsafePointer(to: &self) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
