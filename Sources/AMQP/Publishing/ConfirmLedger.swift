import BitCollections
import DequeModule

/// Which publications of a channel the broker has yet to confirm, in the batches in which they were published. Pure.
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
        let first: UInt64
        /// Message ids of the mandatory ones; empty where none is.
        let mandatory: [String: Int]
        var outcomes: [PublishOutcome?]
        /// The places whose acknowledgement has come.
        var acknowledged: BitSet = []
        var open: Int
    }

    private var batches: Deque<Batch> = []
    private var nextTag: UInt64 = 1
    private var nextBatch = 1

    var isEmpty: Bool { batches.isEmpty }

    /// Writes a batch down, before it is published. `mandatory` maps the message ids of mandatory publications to their
    /// places in the batch.
    mutating func register(count: Int, mandatory: [String: Int] = [:]) -> Int {
        defer {
            nextBatch += 1
            nextTag += UInt64(count)
        }
        batches.append(
            Batch(id: nextBatch, first: nextTag, mandatory: mandatory, outcomes: Array(repeating: nil, count: count), open: count)
        )
        return nextBatch
    }

    mutating func acknowledged(_ tag: UInt64, multiple: Bool) -> [Settled] {
        settle(tag, multiple: multiple, as: .confirmed)
    }

    mutating func refused(_ tag: UInt64, multiple: Bool) -> [Settled] {
        settle(tag, multiple: multiple, as: .nacked)
    }

    /// Notes that the oldest unconfirmed mandatory publication with this message id came back; its acknowledgement
    /// follows. False where there is none such.
    mutating func returned(messageID: String, code: Int, text: String) -> Bool {
        for index in batches.indices {
            if let place = batches[index].mandatory[messageID], batches[index].outcomes[place] == nil {
                batches[index].outcomes[place] = .returned(code: code, text: text)
                return true
            }
        }
        return false
    }

    /// Forgets everything, for a channel that begins anew; returns the batches whose outcome nobody will know.
    mutating func reset() -> [Int] {
        defer { self = ConfirmLedger(nextBatch: nextBatch) }
        return batches.map(\.id)
    }

    init() {}

    private init(nextBatch: Int) {
        self.nextBatch = nextBatch
    }

    private mutating func settle(_ tag: UInt64, multiple: Bool, as outcome: PublishOutcome) -> [Settled] {
        // A tag of 0 with `multiple` speaks of everything outstanding (AMQP 0-9-1, `basic.ack`).
        let last = multiple && tag == 0 ? nextTag - 1 : tag
        var settled: [Settled] = []
        if multiple {
            for index in batches.indices {
                let first = batches[index].first
                guard first <= last else { break }
                let end = min(UInt64(batches[index].outcomes.count), last - first + 1)
                for place in 0..<Int(end) { batches[index].settle(place, as: outcome) }
            }
        } else if let index = index(of: last) {
            batches[index].settle(Int(last - batches[index].first), as: outcome)
        }
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

    /// The place of the batch that holds `tag`, by bisection.
    private func index(of tag: UInt64) -> Int? {
        var low = 0
        var high = batches.count
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].first <= tag { low = middle + 1 } else { high = middle }
        }
        guard low > 0, tag < batches[low - 1].first + UInt64(batches[low - 1].outcomes.count) else { return nil }
        return low - 1
    }
}

extension ConfirmLedger.Batch {
    /// Takes the broker's word for one publication, once. A returned one stays returned: its acknowledgement only says
    /// that the broker is done with it.
    fileprivate mutating func settle(_ place: Int, as outcome: PublishOutcome) {
        if acknowledged.contains(place) { return }
        acknowledged.insert(place)
        if outcomes[place] == nil { outcomes[place] = outcome }
        open -= 1
    }
}
