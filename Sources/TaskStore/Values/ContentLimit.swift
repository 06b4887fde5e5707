/// How much of their payloads and results is read with tasks. The record gives the size of the rest.
public struct ContentLimit: Hashable, Sendable {
    /// Neither payloads nor results.
    public static let none = ContentLimit(payload: 0, result: 0)
    /// All of both: for one task, or few.
    public static let whole = all(1 << 30)

    /// Of each payload and of each result so many bytes; and the task with which they have become so many together is the last of
    /// its page.
    public static func all(_ bytes: Int) -> ContentLimit { ContentLimit(payload: bytes, result: bytes) }

    /// The same of results alone.
    public static func results(_ bytes: Int) -> ContentLimit { ContentLimit(payload: 0, result: bytes) }

    /// The most bytes of a payload.
    public let payload: Int
    /// The most bytes of a result.
    public let result: Int

    /// After how many bytes a page ends; nil: they do not count.
    public var page: Int? { result > 0 ? result : nil }
}
