package import Foundation

/// 16 bytes of a SHA-256 digest.
package struct ShortDigest: Sendable {
    package static let size = 16

    private let high: UInt64
    private let low: UInt64

    /// - Precondition: there are 16 bytes at least; the first ones count.
    package init(startOf bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// Reads what ``bytes`` writes; nil where these are not 16 bytes.
    package init?(_ bytes: Data) {
        guard bytes.count == Self.size else { return nil }
        self = bytes.withUnsafeBytes { ShortDigest(startOf: $0) }
    }

    package var bytes: Data { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Data($0) } }

    package func append(to data: inout Data) {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { data.append(contentsOf: $0) }
    }

    private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> (56 - 8 * (index % 8))) }
}

extension ShortDigest: Hashable {
    /// Takes as long for any two digests, so that its time says nothing of how much of a guess is right.
    package static func == (lhs: ShortDigest, rhs: ShortDigest) -> Bool { (lhs.high ^ rhs.high) | (lhs.low ^ rhs.low) == 0 }
}

extension ShortDigest: LosslessStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String {
        String(unsafeUninitializedCapacity: 2 * Self.size) { text in
            for index in 0..<Self.size {
                text[2 * index] = Self.digit(byte(index) >> 4)
                text[2 * index + 1] = Self.digit(byte(index) & 15)
            }
            return 2 * Self.size
        }
    }

    package init?(_ description: String) {
        guard description.utf8.count == 2 * Self.size else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        for (index, character) in description.utf8.enumerated() {
            guard let value = Self.value(of: character) else { return nil }
            if index < Self.size { halves.high = halves.high << 4 | value } else { halves.low = halves.low << 4 | value }
        }
        (high, low) = halves
    }

    private static func value(of digit: UInt8) -> UInt64? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
}
