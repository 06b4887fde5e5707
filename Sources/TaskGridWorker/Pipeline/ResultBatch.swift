import AMQP
import TaskGridCore

/// The publications that carry an outgoing batch, and which deliveries they settle once they are confirmed.
struct ResultBatch: Sendable {
    private(set) var publications: [Publication] = []
    /// Items by delivery, in the order of the outgoing batch; a delivery may stand here more than once.
    private(set) var receipts: [(delivery: Int, items: Int)] = []

    /// The most results that one message carries.
    static let maximumRecords = 1_000
    /// The most bytes of results that one message carries; a larger result travels alone.
    static let maximumBytes = 1 << 20

    /// With `isPersistent` the broker keeps the results over its restart.
    init(_ outgoing: ResultBuffer.OutgoingBatch, worker: String, topology: Topology, isPersistent: Bool) {
        for delivery in outgoing.unreadable {
            publications.append(delivery.letter)
            receive(delivery.delivery)
        }
        var groups: [Group] = []
        for item in outgoing.finished {
            receive(item.delivery)
            // Neighbours are mostly of one delivery, so the last group is mostly the right one.
            let index = groups.lastIndex { $0.type == item.type && $0.store == item.store }
            if let index, groups[index].takes(item) {
                groups[index].add(item)
            } else {
                groups.append(Group(item))
            }
        }
        for group in groups {
            let results = Results(form: group.form, type: group.type, store: group.store, worker: worker, items: group.items)
            publications.append(Publication(results, topology: topology, isPersistent: isPersistent))
        }
    }

    private mutating func receive(_ delivery: Int) {
        if receipts.last?.delivery == delivery {
            receipts[receipts.count - 1].items += 1
        } else {
            receipts.append((delivery, 1))
        }
    }

    /// Results of one type and store: one message.
    private struct Group {
        let type: TaskType
        let store: String
        /// Single where one result came of a single message.
        var form: MessageForm
        var items: [Results.Item]
        var size: Int

        init(_ first: Finished) {
            type = first.type
            store = first.store
            form = first.form
            items = [first.item]
            size = first.size
        }

        func takes(_ item: Finished) -> Bool {
            items.count < ResultBatch.maximumRecords && size + item.size <= ResultBatch.maximumBytes
        }

        mutating func add(_ item: Finished) {
            items.append(item.item)
            size += item.size
            form = .batch
        }
    }
}

extension Publication {
    /// Results, mandatory: while nobody has bound the dispatcher's queue they come back, and are published again.
    init(_ results: Results, topology: Topology, isPersistent: Bool) {
        var message = results.message(isPersistent: isPersistent)
        // A single result has its task's id; a batch that comes back is known by its first one.
        if message.properties.messageID == nil, let first = results.items.first {
            message.properties.messageID = "\(results.type).\(first.id).\(first.attempt)"
        }
        self.init(exchange: topology.results.name, routingKey: results.type.name, message: message, isMandatory: true)
    }
}
