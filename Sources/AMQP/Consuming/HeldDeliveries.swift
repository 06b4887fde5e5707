import DequeModule

/// The unacknowledged deliveries of one channel by their bytes, against a limit. Pure.
///
/// The broker numbers a channel's deliveries from 1 on, one after another (AMQP 0-9-1, section 1.1, `delivery-tag`).
struct HeldDeliveries {
    /// Bytes of bodies; with more, nothing more is to be read.
    let limit: Int
    private(set) var bytes = 0
    /// From the oldest unacknowledged delivery on; nil: acknowledged before it.
    private var sizes: Deque<Int?> = []
    private var oldest: UInt64 = 1

    init(limit: Int) {
        self.limit = limit
    }

    var isFull: Bool { bytes > limit }

    mutating func add(_ size: Int) {
        sizes.append(size)
        bytes += size
    }

    /// With `multiple`, all before it are acknowledged too.
    mutating func acknowledge(_ tag: UInt64, multiple: Bool) {
        guard tag >= oldest, tag - oldest < UInt64(sizes.count) else { return }
        let index = Int(tag - oldest)
        for index in (multiple ? 0 : index)...index {
            bytes -= sizes[index] ?? 0
            sizes[index] = nil
        }
        while let size = sizes.first, size == nil {
            sizes.removeFirst()
            oldest += 1
        }
    }
}
