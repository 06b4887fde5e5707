import Foundation
import TaskGridConfiguration

/// A socket that never waits. Its holder closes it, once.
struct TCPSocket: Sendable {
    enum Received {
        case bytes([UInt8])
        case nothing
        /// Closed, or broken, by the other side.
        case end
    }

    enum Sent {
        case sent(Int)
        case broken
    }

    enum ConnectionState {
        case pending, made, failed
    }

    enum Ending: Sendable {
        /// With FIN.
        case finish
        /// With RST.
        case reset
    }

    let descriptor: Int32

    /// A socket that listens on a free port of the loopback.
    static func listening() throws(LocalGridError) -> TCPSocket {
        guard let socket = new() else { throw LocalGridError(.port, "no socket for a proxy (\(Errno.current))") }
        let isListening = SocketAddress.loopback.with { bind(socket.descriptor, $0, $1) == 0 && listen(socket.descriptor, 128) == 0 }
        guard isListening else {
            let reason = Errno.current
            socket.close()
            throw LocalGridError(.port, "a proxy cannot listen on 127.0.0.1 (\(reason))")
        }
        return socket
    }

    /// A socket that begins to connect; nil where it cannot.
    static func connecting(to address: SocketAddress) -> TCPSocket? {
        guard let socket = new() else { return nil }
        guard address.with({ connect(socket.descriptor, $0, $1) == 0 || errno == EINPROGRESS }) else {
            socket.close()
            return nil
        }
        return socket
    }

    private static func new() -> TCPSocket? {
        #if os(Linux)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { return nil }
        let socket = TCPSocket(descriptor: descriptor)
        socket.prepare()
        return socket
    }

    /// Makes it close on exec, never wait, and send at once.
    func prepare() {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The port that it is bound to.
    var port: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { getsockname(descriptor, $0.baseAddress, &length) }
        }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    /// A place in `poll`'s list; one that is to wait for nothing, not even for the other side's end.
    func polled(for events: Int32) -> pollfd {
        pollfd(fd: events == 0 ? -1 : descriptor, events: Int16(events), revents: 0)
    }

    var connectionState: ConnectionState {
        var polled = polled(for: POLLOUT)
        guard poll(&polled, 1, 0) == 1 else { return .pending }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 && code == 0 ? .made : .failed
    }

    /// All connections that wait.
    func acceptAll() -> [TCPSocket] {
        var arrived: [TCPSocket] = []
        while true {
            let client = accept(descriptor, nil, nil)
            guard client >= 0 else { return arrived }
            let socket = TCPSocket(descriptor: client)
            socket.prepare()
            arrived.append(socket)
        }
    }

    func receive() -> Received {
        var isBroken = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            count = max(0, received)
            isBroken = received == 0 || (received < 0 && !Self.mayGoOn)
        }
        return isBroken ? .end : bytes.isEmpty ? .nothing : .bytes(bytes)
    }

    func send(_ bytes: ArraySlice<UInt8>) -> Sent {
        let sent = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        return sent >= 0 ? .sent(sent) : Self.mayGoOn ? .sent(0) : .broken
    }

    private static var mayGoOn: Bool { errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR }

    func close(_ ending: Ending = .finish) {
        switch ending {
        case .finish:
            shutdown(descriptor, Int32(SHUT_WR))
            // With bytes unread the kernel would send RST after it.
            for _ in 0..<64 { guard case .bytes = receive() else { break } }
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Foundation.linger>.size))
        }
        Foundation.close(descriptor)
    }
}
