import TaskGridCore
import TaskStore

/// The tasks that a take has gathered so far, within its bounds.
struct TakeBuffer {
    private(set) var handOuts: [HandOut] = []
    /// How many bytes of payload they have.
    private(set) var size = 0
    /// Whether a bound was reached.
    private var isFull: Bool
    private let limit: Int
    private let bytes: Int

    init(limit: Int, bytes: Int) {
        self.limit = limit
        self.bytes = bytes
        isFull = limit <= 0
    }

    /// Whether a payload of this size fits; if not, the buffer is full.
    mutating func fits(_ count: Int) -> Bool {
        if !handOuts.isEmpty, size + count > bytes { isFull = true }
        return !isFull
    }

    mutating func add(_ handOut: HandOut) {
        handOuts.append(handOut)
        size += handOut.payload.count
        if handOuts.count == limit { isFull = true }
    }
}
