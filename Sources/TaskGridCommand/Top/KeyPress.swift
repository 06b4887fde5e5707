/// A key that was pressed.
enum KeyPress: Hashable {
    case up, down, pageUp, pageDown, home, end
    case letter(Character)
    /// With Ctrl held: Ctrl-C is `control("C")`.
    case control(Character)
}

/// Reads keys from what a terminal in raw mode sends, whose sequences may come in pieces. Others than it knows are dropped whole.
struct KeyReader {
    /// The start of a sequence whose rest is still to come.
    private var rest: [UInt8] = []

    private static let escape: UInt8 = 0x1B
    /// No sequence that is known is longer.
    private static let longest = 16

    mutating func read(_ bytes: some Sequence<UInt8>) -> [KeyPress] {
        let all = rest + bytes
        rest = []
        var keys: [KeyPress] = []
        var index = 0
        while index < all.count {
            let byte = all[index]
            guard byte == Self.escape else {
                index += 1
                switch byte {
                case 0x20..<0x7F: keys.append(.letter(Character(UnicodeScalar(byte))))
                case 0x01...0x1A: keys.append(.control(Character(UnicodeScalar(byte + 0x40))))
                default: break
                }
                continue
            }
            guard let end = Self.end(all, from: index) else {
                if all.count - index < Self.longest { rest = Array(all[index...]) }
                break
            }
            if let key = Self.key(all[index...end].dropFirst()) { keys.append(key) }
            index = end + 1
        }
        return keys
    }

    /// The last byte of the sequence that begins at `start`; nil where it has not come yet. ECMA-48, section 5.4: `ESC [`,
    /// parameters, and a final byte from `@` on; in application mode `ESC O` and one byte.
    private static func end(_ bytes: [UInt8], from start: Int) -> Int? {
        guard start + 1 < bytes.count else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "["): return bytes.indices.dropFirst(start + 2).first { bytes[$0] >= 0x40 || bytes[$0] < 0x20 }
        case UInt8(ascii: "O"): return start + 2 < bytes.count ? start + 2 : nil
        // Escape itself, and then another key.
        default: return start
        }
    }

    private static func key(_ sequence: ArraySlice<UInt8>) -> KeyPress? {
        switch String(decoding: sequence, as: UTF8.self) {
        case "[A", "OA": .up
        case "[B", "OB": .down
        case "[5~": .pageUp
        case "[6~": .pageDown
        case "[H", "OH", "[1~": .home
        case "[F", "OF", "[4~": .end
        default: nil
        }
    }
}
