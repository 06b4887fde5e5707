import Foundation
import Synchronization

/// A listener on a free port of the loopback, with a thread of its own that takes its connections.
package final class LoopbackListener: Sendable {
    package let port: Int
    private let descriptor: Int32
    private let hasEnded = Mutex(false)

    package init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr = in_addr(s_addr: INADDR_LOOPBACK.bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            throw POSIXError(.EADDRINUSE)
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Gives each connection to `take`, which closes it, until ``stop()``. It is called once.
    package func start(_ take: @escaping @Sendable (_ client: Int32) -> Void) {
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { break }
                take(client)
            }
            // Nobody else closes it: its number could be another's before this thread accepts again.
            hasEnded.withLock { hasEnded in
                hasEnded = true
                close(descriptor)
            }
        }
    }

    /// Takes no more connections.
    package func stop() {
        hasEnded.withLock { hasEnded in
            if !hasEnded { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}
