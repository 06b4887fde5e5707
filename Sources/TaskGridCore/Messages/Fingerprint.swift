internal import Crypto
package import Foundation

/// The content of a submission in 16 bytes, by which a key that is used again for something else is recognised.
///
/// The first 16 bytes of the SHA-256 of the type's name, a zero byte, the number of tasks, and for each task the length of its
/// payload and the payload; numbers have 8 bytes, the highest first. Settings are no part of it.
package struct Fingerprint: Hashable, Sendable {
    static let size = 16

    private let high: UInt64
    private let low: UInt64

    package init(_ submission: Submission) {
        var hash = BufferedHash()
        var type = submission.type.name
        type.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
        withUnsafeBytes(of: 0 as UInt8) { hash.update($0) }
        withUnsafeBytes(of: UInt64(submission.tasks.count).bigEndian) { hash.update($0) }
        for task in submission.tasks {
            withUnsafeBytes(of: UInt64(task.payload.count).bigEndian) { hash.update($0) }
            task.payload.withUnsafeBytes { hash.update($0) }
        }
        self = hash.finalize().withUnsafeBytes { Fingerprint(bytes: $0) }
    }

    /// Reads what ``bytes`` writes; nil where these are not 16 bytes.
    package init?(_ bytes: Data) {
        guard bytes.count == Self.size else { return nil }
        self = bytes.withUnsafeBytes { Fingerprint(bytes: $0) }
    }

    private init(bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// The form that the store keeps.
    package var bytes: Data { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Data($0) } }

    private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> (56 - 8 * (index % 8))) }
}

extension Fingerprint: LosslessStringConvertible {
    /// 32 hexadecimal digits: the form that the wire carries.
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

/// A hash of many short pieces. They are gathered because each call of the hash costs as much as some hundred bytes.
private struct BufferedHash {
    private static let size = 8192
    private var hash = SHA256()
    private var pieces: [UInt8] = []

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if pieces.count + bytes.count > Self.size { flush() }
        if bytes.count > Self.size { hash.update(bufferPointer: bytes) } else { pieces.append(contentsOf: bytes) }
    }

    private mutating func flush() {
        pieces.withUnsafeBytes { hash.update(bufferPointer: $0) }
        pieces.removeAll(keepingCapacity: true)
    }

    mutating func finalize() -> SHA256Digest {
        flush()
        return hash.finalize()
    }
}
