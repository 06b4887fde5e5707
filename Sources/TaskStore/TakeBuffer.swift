/// The tasks that a take has gathered so far, within its bounds.
package struct TakeBuffer {
    package private(set) var handOuts: [HandOut] = []
    /// How many bytes of payload they have.
    package private(set) var size = 0
    /// Whether a bound was reached: then there may be more to take.
    package private(set) var isFull: Bool
    private let limit: Int
    private let bytes: Int

    /// - Parameters:
    ///   - limit: the most tasks.
    ///   - bytes: the most bytes of payload; a first task fits however large it is.
    package init(limit: Int, bytes: Int) {
        self.limit = limit
        self.bytes = bytes
        isFull = limit <= 0
    }

    /// How many more tasks its limit allows.
    package var room: Int { limit - handOuts.count }

    /// Whether a payload of this size fits; if not, the buffer is full.
    package mutating func fits(_ count: Int) -> Bool {
        if !handOuts.isEmpty, size + count > bytes { isFull = true }
        return !isFull
    }

    package mutating func add(_ handOut: HandOut) {
        handOuts.append(handOut)
        size += handOut.payload.count
        if handOuts.count == limit { isFull = true }
    }
}
