import Foundation

/// The thread of a ``Proxy``: it alone touches the sockets.
///
/// A turn waits for sockets and commands, takes in what has come, obeys the commands, and only then passes on: so a command
/// holds for all that was sent after it was given.
struct ProxyLoop {
    let listener: TCPSocket
    let broker: SocketAddress
    let mailbox: ProxyMailbox
    let onEvent: @Sendable (Proxy.Event) -> Void
    let onFrame: @Sendable (Proxy.Frame) -> Proxy.Verdict

    private var links: [Link] = []
    private var joined = 0
    private var isRefusing = false
    private var stalled: Set<Proxy.Direction> = []

    init(
        listener: TCPSocket, broker: SocketAddress, mailbox: ProxyMailbox, onEvent: @escaping @Sendable (Proxy.Event) -> Void,
        onFrame: @escaping @Sendable (Proxy.Frame) -> Proxy.Verdict
    ) {
        self.listener = listener
        self.broker = broker
        self.mailbox = mailbox
        self.onEvent = onEvent
        self.onFrame = onFrame
    }

    /// Returns once it was told to stop, all sockets closed.
    mutating func run() {
        var isStopping = false
        while !isStopping {
            var polled = [pollfd(fd: mailbox.wakeUp, events: Int16(POLLIN), revents: 0), listener.polled(for: POLLIN)]
            for link in links { polled += link.polled }
            _ = poll(&polled, nfds_t(polled.count), -1)
            for index in links.indices { links[index].receive() }
            let arrived = polled[1].revents == 0 ? [] : listener.acceptAll()
            for command in mailbox.take() { isStopping = apply(command) || isStopping }
            for client in arrived { join(client) }
            for index in links.indices where links[index].becameJoined() { onEvent(.joined(links[index].number)) }
            mailbox.links = links.count { $0.wasJoined && !$0.hasEnded }
            for index in links.indices { links[index].pass(onFrame) }
            removeEnded()
        }
        for index in links.indices { links[index].end(.finish) }
        removeEnded()
        listener.close()
        mailbox.shut()
    }

    private mutating func join(_ client: TCPSocket) {
        guard !isRefusing, let server = TCPSocket.connecting(to: broker) else {
            client.close()
            onEvent(.refused)
            return
        }
        joined += 1
        links.append(Link(number: joined, client: client, server: server, stalled: stalled))
    }

    /// Applies a command, and returns whether the loop has to stop.
    private mutating func apply(_ command: ProxyMailbox.Command) -> Bool {
        switch command {
        case .end(let which, let ending): each(which) { $0.end(ending) }
        case .stall(let directions, let which, let isStalled):
            each(which) { $0.stall(directions, isStalled) }
            if which == .all { stalled = isStalled ? stalled.union(directions) : stalled.subtracting(directions) }
        case .cutMidFrame(let direction, let which): each(which) { $0.cutMidFrame(direction) }
        case .inject(let bytes, let direction, let which): each(which) { $0.inject(bytes, direction) }
        case .refuse(let isRefusing): self.isRefusing = isRefusing
        case .stop: return true
        }
        return false
    }

    private mutating func each(_ which: Proxy.Links, _ body: (inout Link) -> Void) {
        for index in links.indices {
            switch which {
            case .all: body(&links[index])
            case .newest: if index == links.count - 1 { body(&links[index]) }
            case .number(let number): if links[index].number == number { body(&links[index]) }
            }
        }
    }

    private mutating func removeEnded() {
        var events: [Proxy.Event] = []
        links.removeAll { link in
            guard link.hasEnded else { return false }
            events.append(link.wasJoined ? .ended(link.number) : .refused)
            return true
        }
        mailbox.links = links.count { $0.wasJoined }
        for event in events { onEvent(event) }
    }
}
