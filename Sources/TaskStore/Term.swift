/// A time in which one dispatcher alone writes to a store: a fencing token. Each is higher than those before.
package struct Term: Hashable, Comparable, Sendable {
    package let rawValue: Int64

    package init(_ rawValue: Int64) { self.rawValue = rawValue }

    package static func < (lhs: Term, rhs: Term) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension Term: CustomStringConvertible {
    package var description: String { "\(rawValue)" }
}
