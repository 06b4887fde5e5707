import AMQP
import LocalGrid
import TestSupport

/// The network between a client and the broker, which tests cut, stall and write into, and a journal of what went through.
struct WatchedProxy: Sendable {
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

    let journal: Journal<Event>
    let endpoint: Endpoint
    private let proxy: Proxy

    /// - Parameter heartbeat: the interval that a client that connects here asks for, in seconds.
    init(to broker: Endpoint, heartbeat: Int = 10) throws {
        let journal = Journal<Event>()
        proxy = try Proxy(to: broker.addresses[0].host, port: broker.addresses[0].port) { event in
            switch event {
            case .joined: journal.add(.joined)
            case .refused: journal.add(.refused)
            case .ended: journal.add(.ended)
            }
        } onFrame: { frame in
            if frame.direction == .towardBroker {
                journal.add(.sent(type: frame.type, channel: frame.channel, frame.method))
            }
            return .pass
        }
        self.journal = journal
        var endpoint = broker
        endpoint.addresses = [.init(host: "127.0.0.1", port: proxy.port)]
        endpoint.heartbeat = heartbeat
        self.endpoint = endpoint
    }

    /// Ends every connection and takes no more.
    func close() { proxy.stop() }

    /// Ends every connection on both sides.
    func cut() { proxy.cut() }

    /// Throws new connections away from now on, or joins them again.
    func refuse(_ isRefusing: Bool) {
        if isRefusing { proxy.refuse() } else { proxy.accept() }
    }

    /// From now on the newest connection carries nothing in this direction; both its ends stay open.
    func stall(_ direction: Proxy.Direction) { proxy.stall([direction], .newest) }

    /// Writes to the client of the newest connection, between two frames of the broker.
    func inject(_ bytes: [UInt8]) { proxy.inject(bytes) }

    func inject(_ frame: WireFrame) { inject(frame.bytes) }

    /// Returns once the client has written so many frames with this method.
    func sent(_ method: MethodID, count: Int = 1) async -> Bool {
        await journal.saw(count) {
            if case .sent(_, _, method) = $0 { true } else { false }
        }
    }

    /// How many connections were joined.
    var joined: Int { journal.entries.count { $0 == .joined } }
}
