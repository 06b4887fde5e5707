package import Foundation

/// A payload or a result in a report: as text where it is UTF-8, else as base64.
package struct ContentReport: Encodable, Hashable, Sendable {
    /// How many bytes there are.
    package var bytes: Int
    @Nullable package var text: String?
    /// The bytes, if they are no UTF-8.
    @Nullable package var base64: String?
    /// Whether less is shown than there is.
    package var cut: Bool

    /// - Parameters:
    ///   - data: the bytes, or only the first of them.
    ///   - size: how many bytes there are, where `data` is only the beginning.
    ///   - maximum: the most bytes that are shown.
    package init(_ data: Data, size: Int? = nil, maximum: Int = .max) {
        bytes = size ?? data.count
        let head = data.head(maximum)
        cut = head.count < bytes
        if let text = String(validating: head, as: UTF8.self) {
            self.text = text
        } else {
            base64 = head.base64EncodedString()
        }
    }
}
