import Foundation

/// One connection through a ``Proxy``: a client's socket, one to the broker, and a flow of bytes each way.
struct Link {
    let number: Int
    private let client: TCPSocket
    private let server: TCPSocket
    private var towardBroker = Flow()
    private var towardClient = Flow()
    private var isConnected = false
    private(set) var wasJoined = false
    private(set) var hasEnded = false

    init(number: Int, client: TCPSocket, server: TCPSocket, stalled: Set<Proxy.Direction>) {
        self.number = number
        self.client = client
        self.server = server
        stall(stalled, true)
    }

    /// The events that the loop has to wait for.
    var polled: [pollfd] {
        guard isConnected else { return [server.polled(for: POLLOUT)] }
        return [
            client.polled(for: (towardBroker.wantsInput ? POLLIN : 0) | (towardClient.wantsOutput ? POLLOUT : 0)),
            server.polled(for: (towardClient.wantsInput ? POLLIN : 0) | (towardBroker.wantsOutput ? POLLOUT : 0)),
        ]
    }

    /// True once, when the broker has accepted the connection.
    mutating func becameJoined() -> Bool {
        guard isConnected, !wasJoined, !hasEnded else { return false }
        wasJoined = true
        return true
    }

    /// Takes in what has come.
    mutating func receive() {
        if !isConnected {
            switch server.connectionState {
            case .pending: return
            case .failed: return end(.finish)
            case .made: isConnected = true
            }
        }
        towardBroker.receive(from: client)
        towardClient.receive(from: server)
    }

    /// Passes on what may go, and ends when there is nothing left to carry.
    mutating func pass(_ onFrame: (Proxy.Frame) -> Proxy.Verdict) {
        guard isConnected, !hasEnded else { return }
        towardBroker.read { onFrame(Proxy.Frame(link: number, direction: .towardBroker, bytes: $0)) }
        towardClient.read { onFrame(Proxy.Frame(link: number, direction: .towardClient, bytes: $0)) }
        // A side that takes nothing more sends nothing more either.
        if !towardBroker.send(to: server) { towardClient.sourceHasEnded() }
        if !towardClient.send(to: client) { towardBroker.sourceHasEnded() }
        if towardBroker.isDone || towardClient.isDone { end(.finish) }
    }

    mutating func stall(_ directions: Set<Proxy.Direction>, _ isStalled: Bool) {
        for direction in directions {
            if isStalled { self[direction].stall() } else { self[direction].resume() }
        }
    }

    mutating func cutMidFrame(_ direction: Proxy.Direction) { self[direction].cutsNextFrame = true }

    mutating func inject(_ bytes: [UInt8], _ direction: Proxy.Direction) { self[direction].append(bytes[...]) }

    /// Closes both sides at once; stalled bytes are thrown away.
    mutating func end(_ ending: TCPSocket.Ending) {
        guard !hasEnded else { return }
        hasEnded = true
        client.close(ending)
        server.close(ending)
    }

    private subscript(direction: Proxy.Direction) -> Flow {
        get { direction == .towardBroker ? towardBroker : towardClient }
        _modify {
            if direction == .towardBroker { yield &towardBroker } else { yield &towardClient }
        }
    }
}
