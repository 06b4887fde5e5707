/// Whether a store's rows may be fewer than there ought to be. One counter alone may be wrong itself; what two of them say that are kept
/// apart, or the rows, is believed.
struct RowLoss {
    private let figures: StoreFigures

    init(_ figures: StoreFigures) { self.figures = figures }

    var isLikely: Bool {
        !figures.faults.isEmpty || lacksEnds
            || [lacksKept, lacksOpen, lacksEndings, figures["keys"] > figures["submissions"]].count { $0 } > 1
    }

    private var types: Dictionary<Int64, String>.Keys { figures.types.keys }

    /// Of a type fewer tasks and keys are there than are counted.
    private var lacksKept: Bool {
        types.contains { figures["kept", $0] > figures["tasks", $0] + figures["typed_keys", $0] }
    }

    /// Of a type fewer tasks are open than were submitted and have not ended.
    private var lacksOpen: Bool { types.contains { figures["submitted", $0] - figures.ended($0) > figures["open", $0] } }

    /// Fewer endings are there than are counted.
    private var lacksEndings: Bool {
        types.reduce(0) { $0 + figures.ended($1) } - figures["pruned"] > figures.endings
    }

    /// More tasks have no ending than are known to be open.
    private var lacksEnds: Bool {
        types.contains { $0 != 0 && figures["open", $0] != figures["ranged", $0] + figures["deferred", $0] }
    }
}

extension StoreFigures {
    /// The ended tasks of a type, those included that are not kept any more.
    fileprivate func ended(_ type: Int64) -> Int64 {
        ["succeeded", "failed", "cancelled", "expired"].reduce(0) { $0 + self[$1, type] }
    }

    /// The endings that are there.
    var endings: Int64 { numbers.reduce(0) { sum, type in sum + (5...8).reduce(0) { $0 + self["endings", type, $1] } } }
}
