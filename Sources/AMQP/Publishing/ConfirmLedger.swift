import BitCollections
import DequeModule

/// The publications of a channel that the broker has yet to confirm, in the batches in which they were published. Pure.
///
/// A channel in confirm mode numbers its publications from 1; acknowledgements come in any order, and one with
/// `multiple` speaks of all up to its number. A returned message comes before its acknowledgement and does not carry its
/// number, so it is matched by its message id. (RabbitMQ, Publisher Confirms; AMQP 0-9-1, `basic.return`.)
struct ConfirmLedger {
    /// A batch of which every publication has its outcome.
    struct Settled: Equatable {
        let batch: Int
        let outcomes: [PublishOutcome]
    }

    fileprivate struct Batch {
        let id: Int
        /// The tag of the first publication that was sent.
        var first: UInt64
        /// The indices of the publications that were sent; nil: all of them.
        var sent: [Int]?
        /// Message ids of the mandatory ones; empty where none is.
        let mandatory: [String: Int]
        var outcomes: [PublishOutcome?]
        /// The indices whose acknowledgement has come.
        var acknowledged: BitSet = []
        var open: Int

        var sentCount: Int { sent?.count ?? outcomes.count }
        var last: UInt64 { first + UInt64(sentCount) - 1 }
        /// The index in the batch of the publication that was sent as number `offset`.
        func index(_ offset: Int) -> Int { sent?[offset] ?? offset }
    }

    /// A publication by its batch and its index there.
    struct Entry: Hashable {
        let batch: Int
        let index: Int
    }

    private var batches: Deque<Batch> = []
    private var nextTag: UInt64 = 1
    private var nextBatch = 1

    var isEmpty: Bool { batches.isEmpty }

    /// Adds a batch, before it is published. `mandatory` maps the message ids of mandatory publications to their indices in the
    /// batch, `settled` those that are not sent, which are not all of the batch, to their outcomes.
    mutating func register(count: Int, mandatory: [String: Int] = [:], settled: [Int: PublishOutcome] = [:]) -> Int {
        var batch = Batch(id: nextBatch, first: nextTag, mandatory: mandatory, outcomes: Array(repeating: nil, count: count), open: count)
        if !settled.isEmpty {
            for (index, outcome) in settled { batch.record(outcome, at: index) }
            batch.sent = (0..<count).filter { settled[$0] == nil }
        }
        batches.append(batch)
        nextBatch += 1
        nextTag += UInt64(batch.sentCount)
        return batch.id
    }

    mutating func acknowledged(_ tag: UInt64, multiple: Bool) -> [Settled] {
        record(.confirmed, ofTag: tag, multiple: multiple)
    }

    mutating func refused(_ tag: UInt64, multiple: Bool) -> [Settled] {
        record(.nacked, ofTag: tag, multiple: multiple)
    }

    /// Notes that the oldest unconfirmed mandatory publication with this message id came back; its acknowledgement
    /// follows. False where there is none such.
    mutating func returned(messageID: String, code: Int, text: String) -> Bool {
        for position in batches.indices {
            if let index = batches[position].mandatory[messageID], batches[position].outcomes[index] == nil {
                batches[position].outcomes[index] = .returned(code: code, text: text)
                return true
            }
        }
        return false
    }

    /// Forgets everything when a channel begins anew; returns the batches whose outcome nobody will know.
    mutating func reset() -> [Int] {
        defer { self = ConfirmLedger(nextBatch: nextBatch) }
        return batches.map(\.id)
    }

    /// The publications without an outcome, the oldest first.
    var unconfirmed: [Entry] {
        batches.flatMap { batch in
            (0..<batch.sentCount).lazy.map(batch.index).filter { batch.outcomes[$0] == nil }.map { Entry(batch: batch.id, index: $0) }
        }
    }

    /// Numbers what is unconfirmed anew, for a channel that begins anew and on which it is sent again.
    ///
    /// - Parameters:
    ///   - keeps: whether anybody waits for the outcome of a batch; others are forgotten.
    ///   - outcome: of a publication that is not sent again.
    /// - Returns: the batches that have all their outcomes now, and what is to be sent again, in this order.
    mutating func restart(
        keeping keeps: (_ batch: Int) -> Bool, outcome: (Entry) -> PublishOutcome? = { _ in nil }
    ) -> (settled: [Settled], again: [Entry]) {
        var again: [Entry] = []
        nextTag = 1
        batches.removeAll { !keeps($0.id) }
        for position in batches.indices {
            let batch = batches[position]
            let open = (0..<batch.sentCount).map(batch.index).filter { !batch.acknowledged.contains($0) }
            for index in open {
                // One that came back has its outcome.
                guard let outcome = batch.outcomes[index] ?? outcome(Entry(batch: batch.id, index: index)) else { continue }
                batches[position].record(outcome, at: index)
            }
            let rest = open.filter { !batches[position].acknowledged.contains($0) }
            batches[position].first = nextTag
            batches[position].sent = rest
            nextTag += UInt64(rest.count)
            again += rest.map { Entry(batch: batch.id, index: $0) }
        }
        return (removeSettled(), again)
    }

    /// The publications that the broker refused last; asking forgets them.
    mutating func takeRefused() -> [Entry] {
        defer { refusedEntries = [] }
        return refusedEntries
    }

    private var refusedEntries: [Entry] = []

    init() {}

    private init(nextBatch: Int) {
        self.nextBatch = nextBatch
    }

    private mutating func record(_ outcome: PublishOutcome, ofTag tag: UInt64, multiple: Bool) -> [Settled] {
        // A tag of 0 with `multiple` speaks of everything outstanding (AMQP 0-9-1, `basic.ack`).
        let last = multiple && tag == 0 ? nextTag - 1 : tag
        if multiple {
            for position in batches.indices {
                let first = batches[position].first
                guard first <= last else { break }
                let end = min(UInt64(batches[position].sentCount), last - first + 1)
                for offset in 0..<Int(end) { record(outcome, batch: position, offset: offset) }
            }
        } else if let position = position(of: last) {
            record(outcome, batch: position, offset: Int(last - batches[position].first))
        }
        return removeSettled()
    }

    private mutating func record(_ outcome: PublishOutcome, batch position: Int, offset: Int) {
        let index = batches[position].index(offset)
        if outcome == .nacked, !batches[position].acknowledged.contains(index) {
            refusedEntries.append(Entry(batch: batches[position].id, index: index))
        }
        batches[position].record(outcome, at: index)
    }

    private mutating func removeSettled() -> [Settled] {
        var settled: [Settled] = []
        // Batches are told of in their order where that costs nothing; one that ends early waits for nobody.
        if batches.contains(where: { $0.open == 0 }) {
            batches.removeAll { batch in
                guard batch.open == 0 else { return false }
                settled.append(Settled(batch: batch.id, outcomes: batch.outcomes.compactMap(\.self)))
                return true
            }
        }
        return settled
    }

    /// The position of the batch that holds `tag`, by bisection.
    private func position(of tag: UInt64) -> Int? {
        var low = 0
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].first <= tag { low = middle + 1 } else { high = middle }
        }
        guard low > 0, tag <= batches[low - 1].last else { return nil }
        return low - 1
    }
}

extension ConfirmLedger.Batch {
    /// Records the broker's answer to one publication, once. A returned one stays returned: its acknowledgement only says
    /// that the broker is done with it.
    fileprivate mutating func record(_ outcome: PublishOutcome, at index: Int) {
        if acknowledged.contains(index) { return }
        acknowledged.insert(index)
        if outcomes[index] == nil { outcomes[index] = outcome }
        open -= 1
    }
}
