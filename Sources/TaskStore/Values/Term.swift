/// A time in which one dispatcher alone writes to a store: a fencing token. Each is higher than those before.
public struct Term: Hashable, Comparable, Sendable {
    public let rawValue: Int64

    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    public static func < (lhs: Term, rhs: Term) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension Term: CustomStringConvertible {
    public var description: String { "\(rawValue)" }
}
