import Foundation
import TaskGridCore

/// A payload or a result for a person: cut where it is long, as text where it is text.
struct Content: Encodable, Hashable {
    /// The most bytes that are shown.
    static let maximum = 64 << 10

    /// How many there are.
    var bytes: Int
    @Nullable var text: String?
    /// Where it is no UTF-8.
    @Nullable var base64: String?
    /// Whether less is shown than there is.
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
