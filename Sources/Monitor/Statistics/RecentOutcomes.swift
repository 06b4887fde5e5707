import TaskGridCore

/// How many tasks of a type succeeded and failed within the last five minutes (270 to 300 seconds). Bounded: a slot for each half
/// minute in which one ended.
struct RecentOutcomes {
    private static let slotLength = Duration.seconds(30)
    private static let slotCount: Int64 = 10

    private struct Slot {
        /// Which half minute since 1970.
        var number: Int64
        var succeeded = 0
        var failed = 0
    }

    private var slots: [Slot] = []

    mutating func add(succeeded: Int, failed: Int, at now: Timestamp) {
        guard succeeded > 0 || failed > 0 else { return }
        // A clock that was set back goes on in the latest slot.
        let number = max(Self.number(now), slots.last?.number ?? .min)
        if slots.last?.number != number { slots.append(Slot(number: number)) }
        slots.removeAll { $0.number <= number - Self.slotCount }
        slots[slots.count - 1].succeeded = slots[slots.count - 1].succeeded.saturatingAdding(succeeded)
        slots[slots.count - 1].failed = slots[slots.count - 1].failed.saturatingAdding(failed)
    }

    func total(at now: Timestamp) -> (succeeded: Int, failed: Int) {
        let recent = slots.filter { $0.number > Self.number(now) - Self.slotCount }
        return (recent.map(\.succeeded).saturatingSum, recent.map(\.failed).saturatingSum)
    }

    private static func number(_ time: Timestamp) -> Int64 { time.rawValue / slotLength.milliseconds }
}
