import TaskGridCore

/// The work of one delivery on its way through the slot table: its items run one after another.
struct WorkBatch: Sendable {
    /// The delivery's number in the ledger.
    let delivery: Int
    let type: TaskType
    let store: String
    let form: MessageForm
    /// The start of its items is still to be announced.
    var announces: Bool
    /// Nothing else runs beside it.
    let isAlone: Bool
    /// The items that have not begun.
    private(set) var rest: ArraySlice<Work.Item>

    init(delivery: Int, work: Work) {
        self.delivery = delivery
        type = work.type
        store = work.store
        form = work.form
        announces = work.announce
        isAlone = work.alone
        rest = work.items[...]
    }

    mutating func next() -> Work.Item? { rest.popFirst() }

    /// Takes out the items that have not begun, each as a batch by itself.
    mutating func divide() -> [WorkBatch] {
        defer { rest = [] }
        return rest.indices.map { index in
            var part = self
            part.rest = rest[index...index]
            return part
        }
    }

    /// Takes out the items that have not begun and fulfil the condition.
    mutating func remove(where condition: (Work.Item) -> Bool) -> [Work.Item] {
        let removed = rest.filter(condition)
        if !removed.isEmpty { rest.removeAll(where: condition) }
        return Array(removed)
    }

    /// The end of one of its items, for the result buffer.
    func finished(_ item: Work.Item, _ outcome: Results.Outcome, runTime: Duration = .zero) -> Finished {
        Finished(
            delivery: delivery, type: type, store: store, form: form,
            item: Results.Item(id: item.id, attempt: item.attempt, proof: item.proof, outcome: outcome, runTime: runTime)
        )
    }
}

extension Work.Item {
    var held: RegistryMessage.Held { RegistryMessage.Held(task: id, attempt: attempt) }
}
