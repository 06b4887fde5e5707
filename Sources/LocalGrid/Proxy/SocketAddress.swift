import Foundation

/// The destination of a TCP connection: an IPv4 address and a port.
struct SocketAddress: Sendable {
    /// Any free port of 127.0.0.1.
    static let loopback = SocketAddress(address: INADDR_LOOPBACK.bigEndian, port: 0)

    private let address: in_addr_t
    private let port: in_port_t

    private init(address: in_addr_t, port: in_port_t) {
        self.address = address
        self.port = port
    }

    /// A host that is a name is looked up, which may take a while.
    init(host: String, port: Int) throws(LocalGridError) {
        guard let number = in_port_t(exactly: port) else { throw LocalGridError(.configuration, "\(port) is no port") }
        var hints = addrinfo()
        hints.ai_family = AF_INET
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &found)
        guard code == 0, let found else {
            throw LocalGridError(.configuration, "the host '\(host)' is not found (\(String(cString: gai_strerror(code))))")
        }
        defer { freeaddrinfo(found) }
        // The lookup asked for this family alone.
        let address = UnsafeRawPointer(found.pointee.ai_addr).loadUnaligned(as: sockaddr_in.self)
        self.init(address: address.sin_addr.s_addr, port: number)
    }

    func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = in_addr(s_addr: self.address)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
