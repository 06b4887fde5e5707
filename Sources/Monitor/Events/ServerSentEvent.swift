import Foundation
import NIOCore
import TaskGridCore

/// One event as the stream `/events` carries it: WHATWG HTML, section 9.2, "Server-sent events".
enum ServerSentEvent {
    enum Kind: String, CaseIterable, Sendable {
        /// The statistics as the stream has them, at its start and for a listener that did not take a change in time.
        case stats
        /// The changes of the statistics, each second: a JSON merge patch (RFC 7396).
        case change
        /// A worker joined or left.
        case worker
        /// A service's start, stop, warning or error.
        case grid
        /// An alert starts or ends.
        case alert
    }

    /// Sent first: how long a client waits before it connects again.
    static let opening = ByteBuffer(string: "retry: 2000\n\n")
    /// A comment, which keeps what stands between from closing a silent connection.
    static let keepAlive = ByteBuffer(string: ": keep\n\n")

    /// The event as it is sent. `data` is JSON in one line.
    static func block(id: UInt64, kind: Kind, data: Data) -> ByteBuffer {
        let head = "id: \(id)\nevent: \(kind.rawValue)\ndata: "
        var block = ByteBuffer()
        block.reserveCapacity(head.utf8.count + data.count + 2)
        block.writeString(head)
        block.writeBytes(data)
        block.writeString("\n\n")
        return block
    }
}
