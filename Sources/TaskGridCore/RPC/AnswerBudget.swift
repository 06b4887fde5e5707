package import AMQP

/// How many bytes the body of an answer may have, as it is encoded.
///
/// An answer that would be longer ends earlier and says where to go on; a single field that is longer is cut and marked.
/// A query asks for another budget with the header `taskgrid-answer-bytes`.
package struct AnswerBudget: Hashable, Sendable {
    /// Of a query that asks for none: 1 MiB.
    package static let standard = AnswerBudget(1 << 20)
    /// The largest one: 4 MiB, a quarter of the smallest message limit that a broker has by default.
    package static let largest = AnswerBudget(4 << 20)
    /// A smaller one is raised to 256 KiB, a larger one is lowered to 4 MiB.
    package static let range = (256 << 10)...(4 << 20)

    package let bytes: Int

    /// - Parameter bytes: brought within ``range``.
    package init(_ bytes: Int) {
        self.bytes = min(max(bytes, Self.range.lowerBound), Self.range.upperBound)
    }

    /// The budget that a query asks for.
    package init(of query: Message) {
        guard let bytes = query.properties.headers[WireFormat.Header.answerBytes]?.integer else {
            self = .standard
            return
        }
        self.init(Int(clamping: bytes))
    }
}

/// The elements of one answer, as many as its budget has room for.
package struct AnswerList<Element: Encodable> {
    package private(set) var elements: [Element] = []
    /// Bytes that are left.
    private var rest: Int

    /// `reserved` bytes are kept for what else is in the answer.
    package init(_ budget: AnswerBudget, reserved: Int = 1024) {
        rest = budget.bytes - reserved
    }

    /// Bytes that are left for further elements.
    package var room: Int { max(0, rest) }

    /// Adds an element where there is room for it. The first has room always: who adds one that may be too large cuts it before.
    ///
    /// - Returns: Whether it was added.
    package mutating func add(_ element: Element) -> Bool {
        // A comma follows it.
        let size = JSON.encode(element).count + 1
        guard elements.isEmpty || size <= rest else { return false }
        elements.append(element)
        rest -= size
        return true
    }
}
