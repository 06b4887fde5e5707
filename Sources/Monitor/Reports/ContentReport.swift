import Foundation
import TaskGridCore
import WebSupport

/// A payload or a result for a person: cut where it is long, as text where it is text.
struct ContentReport: Encodable, Hashable {
    static let schema = JSONSchema.object([
        "bytes": .count.described("How many there are."), "text": .string.nullable, "base64": .string.nullable,
        "cut": .boolean.described("Whether less is shown than there is."),
    ]).described("Up to 64 KiB: as text where it is UTF-8, else as base64.").named("Content")

    /// The most bytes that are shown.
    static let maximum = 64 << 10

    var bytes: Int
    @Nullable var text: String?
    /// The bytes, if they are no UTF-8.
    @Nullable var base64: String?
    var cut: Bool

    /// `size` is how many bytes there are, where `data` is only the beginning.
    init(_ data: Data, size: Int? = nil) {
        bytes = size ?? data.count
        let head = data.head(Self.maximum)
        cut = head.count < bytes
        if let text = String(validating: head, as: UTF8.self) {
            self.text = text
        } else {
            base64 = head.base64EncodedString()
        }
    }
}
