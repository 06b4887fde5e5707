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

    init(_ data: Data) {
        bytes = data.count
        cut = data.count > Self.maximum
        let head = data.prefix(Self.maximum)
        if let text = String(validating: head, as: UTF8.self) {
            self.text = text
        } else if cut, let text = Self.text(cutting: head) {
            self.text = text
        } else {
            base64 = head.base64EncodedString()
        }
    }

    /// The head as text where only its last character is cut in two.
    private static func text(cutting head: Data) -> String? {
        for missing in 1...3 {
            if let text = String(validating: head.dropLast(missing), as: UTF8.self) { return text }
        }
        return nil
    }
}
