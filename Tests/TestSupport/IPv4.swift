package import Foundation

/// Addresses as the system's calls take them.
package enum IPv4 {
    package static func withAddress<Result>(
        _ host: String = "127.0.0.1", port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    /// Begins a connection to a port of this machine, and waits for nothing.
    ///
    /// - Returns: the socket, which the caller closes.
    package static func connect(to port: Int) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        _ = withAddress(port: port) { Foundation.connect(descriptor, $0, $1) }
        return descriptor
    }
}
