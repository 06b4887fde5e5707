/// The declarations that a connection makes when it opens, in this order: exchanges, queues, bindings.
public struct Declarations: Hashable, Sendable {
    public var exchanges: [Exchange]
    public var queues: [Queue]
    public var bindings: [Binding]
    /// The programs that declare queues soon after they are needed, such as `the dispatcher`, by the queues' names. A connection whose user
    /// may not declare such a queue waits for it without a warning at first.
    public var declarers: [String: String] = [:]

    public init(exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = []) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }

    public static func + (lhs: Declarations, rhs: Declarations) -> Declarations {
        var sum = Declarations(
            exchanges: lhs.exchanges + rhs.exchanges.filter { !lhs.exchanges.contains($0) },
            queues: lhs.queues + rhs.queues.filter { !lhs.queues.contains($0) },
            bindings: lhs.bindings + rhs.bindings.filter { !lhs.bindings.contains($0) }
        )
        sum.declarers = lhs.declarers.merging(rhs.declarers) { mine, _ in mine }
        return sum
    }
}
