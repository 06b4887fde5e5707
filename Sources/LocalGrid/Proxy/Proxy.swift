import Foundation

/// A network between clients and a broker that can be cut, stalled, reset and watched, for tests and `taskgrid chaos`.
///
/// It listens on a loopback port and joins each connection that comes to one of its own to the broker: a ``Link``. It knows
/// AMQP's frames, and nothing of what they say; of TLS it sees bytes. One thread of its own does all the
/// work; the buffer is bounded, and beyond it senders wait, as on any network.
///
/// A request here holds for bytes sent and connections made after the call returned.
package final class Proxy: Sendable {
    /// The direction of bytes.
    package enum Direction: Hashable, Sendable, CaseIterable {
        case towardBroker, towardClient
    }

    /// A choice of connections.
    package enum Links: Hashable, Sendable {
        /// All that are there now.
        case all
        /// The one that was joined last.
        case newest
        case number(Int)
    }

    /// The fate of connections.
    package enum Event: Hashable, Sendable {
        /// One was accepted and joined to the broker; they are numbered from 1.
        case joined(Int)
        /// One was accepted and thrown away: as ``Proxy/refuse()`` asks, or because the broker could not be reached.
        case refused
        /// One has ended, whoever ended it.
        case ended(Int)
    }

    /// The fate of a frame.
    package enum Verdict: Hashable, Sendable {
        case pass
        /// It goes no further; the bytes that follow do.
        case discard
        /// It and all that follows wait until ``Proxy/resume(_:_:)``.
        case stall
        /// The connection ends when all before the frame has been passed on.
        case cutBefore
        /// The connection ends when half of the frame has been passed on.
        case cutWithin
        /// The connection ends when the frame has been passed on.
        case cutAfter
    }

    /// The loopback port on which it listens.
    package let port: Int
    private let mailbox: ProxyMailbox

    /// Listens at once.
    ///
    /// - Parameters:
    ///   - host: the broker's name or address; a name is looked up here, once.
    ///   - broker: the broker's port.
    ///   - onEvent: told what happens, on the proxy's thread: it must return quickly.
    ///   - onFrame: asked about each frame when it has come whole, also where its direction stalls, on the proxy's thread.
    /// - Throws: `LocalGridError` when the host is unknown or no port is to be had.
    package init(
        to host: String = "127.0.0.1", port broker: Int, onEvent: @escaping @Sendable (Event) -> Void = { _ in },
        onFrame: @escaping @Sendable (Frame) -> Verdict = { _ in .pass }
    ) throws(LocalGridError) {
        let address = try SocketAddress(host: host, port: broker)
        let listener = try TCPSocket.listening()
        do throws(LocalGridError) {
            mailbox = try ProxyMailbox()
        } catch {
            listener.close()
            throw error
        }
        port = listener.port
        let mailbox = mailbox
        Thread.detachNewThread {
            var loop = ProxyLoop(listener: listener, broker: address, mailbox: mailbox, onEvent: onEvent, onFrame: onFrame)
            loop.run()
        }
    }

    deinit { mailbox.post(.stop) }

    /// How many connections there are.
    package var count: Int { mailbox.links }

    /// Ends connections with FIN on both sides; stalled bytes are thrown away.
    package func cut(_ links: Links = .all) { mailbox.post(.end(links, .finish)) }

    /// Ends connections with RST on both sides, as a host that has forgotten them.
    package func reset(_ links: Links = .all) { mailbox.post(.end(links, .reset)) }

    /// Carries nothing in these directions until ``resume(_:_:)``; both ends stay open, even where one of them leaves.
    ///
    /// With `.all`, connections made later stall as well.
    package func stall(_ directions: Set<Direction> = Set(Direction.allCases), _ links: Links = .all) {
        mailbox.post(.stall(directions, links, true))
    }

    /// Carries all that has waited, and goes on.
    package func resume(_ directions: Set<Direction> = Set(Direction.allCases), _ links: Links = .all) {
        mailbox.post(.stall(directions, links, false))
    }

    /// Of the next frame in this direction only half is passed on, and the connection ends; of TLS, half of the bytes that come next.
    package func cutMidFrame(_ direction: Direction, _ links: Links = .all) { mailbox.post(.cutMidFrame(direction, links)) }

    /// Sends bytes of the caller's own between two frames.
    package func inject(_ bytes: [UInt8], _ direction: Direction = .towardClient, into links: Links = .newest) {
        mailbox.post(.inject(bytes, direction, links))
    }

    /// Throws new connections away from now on.
    package func refuse() { mailbox.post(.refuse(true)) }

    /// Joins new connections again.
    package func accept() { mailbox.post(.refuse(false)) }

    /// Ends every connection and takes no more; all is closed within moments.
    package func stop() { mailbox.post(.stop) }
}
