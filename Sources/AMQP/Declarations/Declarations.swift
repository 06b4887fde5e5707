/// The declarations that a connection makes when it opens, in this order: exchanges, queues, bindings.
public struct Declarations: Hashable, Sendable {
    public var exchanges: [Exchange]
    public var queues: [Queue]
    public var bindings: [Binding]

    public init(exchanges: [Exchange] = [], queues: [Queue] = [], bindings: [Binding] = []) {
        self.exchanges = exchanges
        self.queues = queues
        self.bindings = bindings
    }

    public static func + (lhs: Declarations, rhs: Declarations) -> Declarations {
        Declarations(
            exchanges: lhs.exchanges + rhs.exchanges.filter { !lhs.exchanges.contains($0) },
            queues: lhs.queues + rhs.queues.filter { !lhs.queues.contains($0) },
            bindings: lhs.bindings + rhs.bindings.filter { !lhs.bindings.contains($0) }
        )
    }
}
