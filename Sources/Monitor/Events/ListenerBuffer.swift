import NIOCore
import Synchronization

/// The events that wait until the connection of one listener takes them. Bounded: of the statistics the latest, of the other
/// events at most `maximumWaiting`; beyond that the listener is too slow, and is dropped.
final class ListenerBuffer: Sendable {
    static let maximumWaiting = 1500

    private struct Waiting {
        /// In the order of their numbers: so the latest number that the listener has seen is that of an event before which it has
        /// missed none.
        var blocks: [ByteBuffer] = []
        /// Its kind, if it is the statistics or a change of them.
        var stats: Int?
        var isDropped = false

        mutating func put(stats block: ByteBuffer) {
            if let stats { blocks.remove(at: stats) }
            stats = blocks.count
            blocks.append(block)
        }
    }

    private let waiting: Mutex<Waiting>
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// The filter of the events that the listener wants.
    let kinds: Set<ServerSentEvent.Kind>

    /// With what the listener gets at once.
    init(_ events: [ByteBuffer], kinds: Set<ServerSentEvent.Kind> = Set(ServerSentEvent.Kind.allCases), stats: ByteBuffer?) {
        self.kinds = kinds
        var waiting = Waiting(blocks: events)
        if let stats { waiting.put(stats: stats) }
        self.waiting = Mutex(waiting)
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        wake.yield()
    }

    func put(_ event: ByteBuffer) {
        waiting.withLock { waiting in
            guard !waiting.isDropped else { return }
            waiting.blocks.append(event)
            if waiting.blocks.count > Self.maximumWaiting { waiting = Waiting(isDropped: true) }
        }
        wake.yield()
    }

    /// - Returns: whether it is put; a change upon one that was not taken says too little, and the statistics belong in place of both.
    func put(change: ByteBuffer) -> Bool {
        let isPut = waiting.withLock { waiting in
            guard !waiting.isDropped else { return true }
            guard waiting.stats == nil else { return false }
            waiting.put(stats: change)
            return true
        }
        if isPut { wake.yield() }
        return isPut
    }

    func put(stats: ByteBuffer) {
        waiting.withLock { if !$0.isDropped { $0.put(stats: stats) } }
        wake.yield()
    }

    /// Ends the buffer: waiting events are still forwarded, and no more come.
    func end() { wake.finish() }

    /// All that waits, each time something does, until the end; for one reader. It throws `SlowListener` where the listener was
    /// dropped.
    var deliveries: some AsyncSequence<[ByteBuffer], any Error> {
        wakes.map { _ in try self.take() }
    }

    private func take() throws -> [ByteBuffer] {
        try waiting.withLock { waiting in
            if waiting.isDropped { throw SlowListener() }
            defer { waiting = Waiting() }
            return waiting.blocks
        }
    }
}

/// A listener did not take its events in time.
struct SlowListener: Error {}
