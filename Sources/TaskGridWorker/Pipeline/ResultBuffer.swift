import AMQP
import DequeModule
import TaskGridCore

/// The end of one item, to be told to the dispatcher.
struct Finished: Sendable {
    let delivery: Int
    let type: TaskType
    let store: String
    let form: MessageForm
    let item: Results.Item

    private static let ownSize = 48

    /// About how many bytes it takes in a message.
    var size: Int {
        switch item.outcome {
        case .succeeded(let result): Self.ownSize + result.count
        case .failed(let error): Self.ownSize + error.message.utf8.count
        case .interrupted, .returned, .started: Self.ownSize
        }
    }
}

/// Results and dead letters that wait to be published before their deliveries may be acknowledged.
///
/// It is bounded by the deliveries that the worker holds, because each item in it belongs to an unacknowledged one.
struct ResultBuffer: Sendable {
    private var finished = Deque<Finished>()
    private var unreadable = Deque<UnreadableDelivery>()

    /// A delivery that cannot be read, and its dead letter.
    struct UnreadableDelivery: Sendable {
        let delivery: Int
        let letter: Publication

        var size: Int { letter.message.body.count }
    }

    var isEmpty: Bool { finished.isEmpty && unreadable.isEmpty }

    mutating func add(_ item: Finished) { finished.append(item) }
    mutating func add(_ delivery: UnreadableDelivery) { unreadable.append(delivery) }

    /// Takes what waits, up to a number of items and of bytes, but at least one item.
    mutating func take(items: Int = 10_000, bytes: Int = 8 << 20) -> OutgoingBatch? {
        guard !isEmpty else { return nil }
        var outgoing = OutgoingBatch()
        var size = 0
        while outgoing.count < items, let delivery = unreadable.first, outgoing.count == 0 || size + delivery.size <= bytes {
            unreadable.removeFirst()
            size += delivery.size
            outgoing.unreadable.append(delivery)
        }
        while outgoing.count < items, let item = finished.first, outgoing.count == 0 || size + item.size <= bytes {
            finished.removeFirst()
            size += item.size
            outgoing.finished.append(item)
        }
        return outgoing
    }

    /// A batch that is published at once.
    struct OutgoingBatch: Sendable {
        var finished: [Finished] = []
        var unreadable: [UnreadableDelivery] = []

        var count: Int { finished.count + unreadable.count }

        /// Tasks are given back, and not just the audit's marker.
        var givesBack: Bool { finished.contains { $0.item.outcome == .returned && $0.item.id != .marker } }
    }
}
