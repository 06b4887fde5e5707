package import Foundation

/// How bytes of people's own stand in JSON: as text or as base64.
enum JSONContent {
    /// Short texts stay texts, whatever is in them.
    private static let slack = 64

    /// The bytes as text; nil where they are not UTF-8, or where escaping more than doubles them, as it does control characters:
    /// base64 is shorter then. So no bytes take more than twice their number, and a few.
    static func text(_ bytes: Data) -> String? {
        guard escapes(bytes) <= bytes.count + slack else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// How many bytes JSON adds to a text by its escapes.
    private static func escapes(_ bytes: Data) -> Int {
        bytes.withUnsafeBytes { bytes in
            var added = 0
            for byte in bytes {
                switch byte {
                // Backspace, tab, line feed, form feed, carriage return, quotation mark, backslash: a backslash and a letter.
                case 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x22, 0x5C: added += 1
                case 0..<0x20: added += 5
                default: break
                }
            }
            return added
        }
    }
}

extension Data {
    /// The first bytes, at most `count`: where they are the start of a text, without the character that would be cut in two.
    package func head(_ count: Int) -> Data {
        guard self.count > count else { return self }
        let head = Data(prefix(Swift.max(0, count)))
        guard String(validating: head, as: UTF8.self) == nil else { return head }
        for missing in 1...3 where missing <= head.count {
            let shorter = head.dropLast(missing)
            // A first byte of a character that has more.
            guard (0xC2...0xF4).contains(head[shorter.endIndex]) else { continue }
            if String(validating: shorter, as: UTF8.self) != nil { return Data(shorter) }
        }
        return head
    }
}
