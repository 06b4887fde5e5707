/// An exchange to declare: durable, never deleted by itself.
public struct Exchange: Hashable, Sendable {
    public enum Kind: String, Sendable {
        case direct, topic, fanout
    }

    public var name: String
    public var kind: Kind

    public init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}
