import Foundation
package import NIOCore

/// The origin of a connection, for limits: an IPv4 address, or the network of an IPv6 address, of which one machine has them all.
package struct ClientAddress: Hashable, Sendable {
    /// Four bytes or eight; none where the address is not known.
    private let bytes: [UInt8]

    package init(_ address: SocketAddress?) {
        switch address {
        case .v4(let address): bytes = withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address):
            let whole = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            let isMapped = whole.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            bytes = Array(isMapped ? whole.suffix(4) : whole.prefix(8))
        case .unixDomainSocket?, nil: bytes = []
        }
    }
}
