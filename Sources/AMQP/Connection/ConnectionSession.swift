import Foundation
import Glibc

/// One life of a ``Connection``, from a login to the loss: the handle, what waits to be written, and each consumer's
/// channel. Belongs to the connection's thread.
final class ConnectionSession {
    /// One consumer's channel.
    struct ConsumerChannel {
        let channel: UInt16
        /// Rises each time that the channel is opened: a tag of an older one means nothing.
        var epoch: Int
        /// The queue of each consumer tag.
        var tags: [String: String] = [:]
        var assembler = ContentAssembler()
        /// The deliveries that this turn has read.
        var deliveries: [Delivery] = []
        var held: HeldDeliveries
    }

    let handle: Handle
    var encoder: FrameEncoder
    var channels: [ConsumerChannel] = []
    /// Puts returned messages together.
    var publishAssembler = ContentAssembler()
    let began = ContinuousClock.now
    var lastHeard = ContinuousClock.now
    var lastSent = ContinuousClock.now
    var isAdministrationOpen = false
    /// The queues that this connection has declared by itself, and therefore binds.
    var declaredQueues: Set<String> = []
    var channelLosses = ChannelLosses()
    /// The channel that is published on; another one after ``Connection/replacePublishChannel(_:)``.
    var publishChannel = Connection.Channel.publish
    /// The one before, until the broker has answered its close: what comes on it means nothing.
    var formerPublishChannel: UInt16?
    /// The most bytes of a body that the broker takes, once it has said so.
    var maximumBodySize: Int?

    private var output: [UInt8] = []
    private var written = 0
    /// The event that the last write waits for: POLLIN where TLS has to read first.
    private var awaited = Int16(POLLOUT)

    /// - Parameters:
    ///   - handle: a connection that is logged in.
    ///   - user: the user that it is logged in as.
    init(_ handle: Handle, user: String) {
        self.handle = handle
        // AMQP carries names of 255 bytes.
        encoder = FrameEncoder(maximumFrameSize: handle.frameSize, user: user.utf8.count <= 255 ? user : nil)
    }

    /// A consumer holds as much as it may: nothing is read until it acknowledges some.
    var isFull: Bool { channels.contains(where: \.held.isFull) }

    var wantsToWrite: Bool { written < output.count || !encoder.bytes.isEmpty }

    /// OpenSSL has to read before it goes on writing.
    var readsToWrite: Bool { wantsToWrite && awaited == Int16(POLLIN) }

    /// Writes as much as the socket takes. False where the connection is broken.
    func write() -> Bool {
        while true {
            if written == output.count {
                guard !encoder.bytes.isEmpty else { return true }
                output = encoder.take()
                written = 0
            }
            let outcome = output.withUnsafeBytes { handle.write(UnsafeRawBufferPointer(rebasing: $0[written...])) }
            switch outcome {
            case .written(let count):
                written += count
                lastSent = .now
                awaited = Int16(POLLOUT)
            case .waits(let event):
                awaited = event
                return true
            case .broken: return false
            }
        }
    }

    /// Writes everything, waiting until `deadline` for the socket to take it and to have room again: before a call of the
    /// library, which writes for itself and would wait for that room for ever.
    func flush(until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            guard write() else { return false }
            let left = max(0, ContinuousClock.now.duration(to: deadline).milliseconds)
            guard let hasRoom = poll(awaited, Int32(clamping: left)) else { return false }
            if hasRoom, !wantsToWrite { return true }
            if !hasRoom, left == 0 { return false }
        }
    }

    /// The socket has bytes to read, or its end.
    var isReadable: Bool { poll(Int16(POLLIN), 0) == true }

    /// Whether one of these events is there within so many milliseconds; nil where the socket cannot be asked.
    private func poll(_ events: Int16, _ milliseconds: Int32) -> Bool? {
        var descriptor = pollfd(fd: handle.socket, events: events, revents: 0)
        let count = Glibc.poll(&descriptor, 1, milliseconds)
        return count >= 0 ? count > 0 : errno == EINTR ? false : nil
    }
}
