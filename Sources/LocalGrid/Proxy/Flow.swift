/// The bytes of a ``Link`` that go one way: those that came, split into frames, and those that are to go.
struct Flow {
    /// Past so many bytes that wait to go, no more are taken in.
    static let limit = 256 << 10

    private(set) var isStalled = false
    /// Of the next frame only half goes on.
    var cutsNextFrame = false
    private var frames = FrameSplitter()
    private var waiting: [UInt8] = []
    private var sent = 0
    /// How much of what waits had come before a stall, and goes on though it stalls.
    private var free = 0
    /// The source has closed its side.
    private var hasEnded = false
    /// Nothing goes on after what waits.
    private var isCut = false
    /// The sink takes nothing more.
    private var isBroken = false

    var wantsInput: Bool { !hasEnded && !isCut && waiting.count - sent < Self.limit }
    var wantsOutput: Bool { sent < end }
    /// All has been passed on, and no more will come.
    var isDone: Bool { !isStalled && sent == waiting.count && (hasEnded || isCut) }

    /// The end of what may go, in `waiting`.
    private var end: Int { isStalled ? free : waiting.count }

    mutating func stall() {
        guard !isStalled else { return }
        isStalled = true
        free = sent
    }

    mutating func resume() { isStalled = false }

    mutating func sourceHasEnded() { hasEnded = true }

    mutating func receive(from socket: TCPSocket) {
        guard wantsInput else { return }
        switch socket.receive() {
        case .bytes(let bytes): frames.append(bytes)
        case .nothing: break
        case .end: hasEnded = true
        }
    }

    /// Lets `judge` decide about each frame that has come whole.
    mutating func read(_ judge: ([UInt8]) -> Proxy.Verdict) {
        while !isCut, let piece = frames.next() {
            guard case .frame(let frame) = piece else {
                // Within TLS no frame is seen: the bytes that come next are cut instead.
                let isLast = cutsNextFrame && frames.isOpaque
                append(piece.bytes[..<(isLast ? piece.bytes.count / 2 : piece.bytes.count)])
                isCut = isLast
                continue
            }
            var verdict = judge(frame)
            if cutsNextFrame { verdict = .cutWithin }
            switch verdict {
            case .pass: append(frame[...])
            case .discard: break
            case .stall:
                if !isStalled {
                    stall()
                    free = waiting.count
                }
                append(frame[...])
            case .cutBefore: isCut = true
            case .cutWithin:
                append(frame[..<(frame.count / 2)])
                isCut = true
            case .cutAfter:
                append(frame[...])
                isCut = true
            }
        }
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        guard !isCut, !isBroken else { return }
        waiting += bytes
    }

    /// Sends what the socket takes; false where it takes nothing more for ever.
    mutating func send(to socket: TCPSocket) -> Bool {
        guard wantsOutput else { return !isBroken }
        switch socket.send(waiting[sent..<end]) {
        case .sent(let count):
            sent += count
            // Not at each call: moving what is left costs more than room.
            if sent == waiting.count || sent > Self.limit {
                waiting.removeSubrange(..<sent)
                free -= sent
                sent = 0
            }
        case .broken:
            isBroken = true
            waiting = []
            sent = 0
            free = 0
        }
        return !isBroken
    }
}
