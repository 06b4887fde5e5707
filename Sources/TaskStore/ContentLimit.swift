/// How much of their payloads and results is read with tasks. The record gives the size of the rest.
package struct ContentLimit: Hashable, Sendable {
    /// Neither payloads nor results.
    package static let none = ContentLimit(payload: 0, result: 0)
    /// All of both: for one task, or few.
    package static let whole = all(1 << 30)

    /// Of each payload and of each result so many bytes; and the task with which they have become so many together is the last of
    /// its page.
    package static func all(_ bytes: Int) -> ContentLimit { ContentLimit(payload: bytes, result: bytes) }

    /// The same of results alone.
    package static func results(_ bytes: Int) -> ContentLimit { ContentLimit(payload: 0, result: bytes) }

    /// The most bytes of a payload.
    package let payload: Int
    /// The most bytes of a result.
    package let result: Int

    /// After how many bytes a page ends; nil: they do not count.
    package var page: Int? { result > 0 ? result : nil }
}
