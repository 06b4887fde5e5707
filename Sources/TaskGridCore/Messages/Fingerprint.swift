internal import Crypto
public import Foundation

/// What a submission asks for, in 16 bytes: a key that is used again for something else is told by it.
///
/// The first 16 bytes of the SHA-256 of the type's name, a zero byte, the number of tasks, and for each task the length of its
/// payload and the payload; numbers have 8 bytes, the highest first. Settings are no part of it.
public struct Fingerprint: Hashable, Sendable {
    static let size = 16

    private let high: UInt64
    private let low: UInt64

    public init(_ submission: Submission) {
        var hash = SHA256()
        var head = Data(submission.type.name.utf8)
        head.append(0)
        withUnsafeBytes(of: UInt64(submission.tasks.count).bigEndian) { head.append(contentsOf: $0) }
        hash.update(data: head)
        for task in submission.tasks {
            withUnsafeBytes(of: UInt64(task.payload.count).bigEndian) { hash.update(bufferPointer: $0) }
            task.payload.withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        self = hash.finalize().withUnsafeBytes { Fingerprint(bytes: $0) }
    }

    /// Reads what ``bytes`` writes; nil where these are not 16 bytes.
    public init?(_ bytes: Data) {
        guard bytes.count == Self.size else { return nil }
        self = bytes.withUnsafeBytes { Fingerprint(bytes: $0) }
    }

    private init(bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// The form that the store keeps.
    public var bytes: Data { Data((0..<Self.size).map { byte($0) }) }

    private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> (56 - 8 * (index % 8))) }
}

extension Fingerprint: LosslessStringConvertible {
    /// 32 hexadecimal digits: the form that the wire carries.
    public var description: String {
        String(unsafeUninitializedCapacity: 2 * Self.size) { text in
            for index in 0..<Self.size {
                text[2 * index] = Self.digit(byte(index) >> 4)
                text[2 * index + 1] = Self.digit(byte(index) & 15)
            }
            return 2 * Self.size
        }
    }

    public init?(_ description: String) {
        guard description.utf8.count == 2 * Self.size, description.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let high = UInt64(description.prefix(Self.size), radix: 16), let low = UInt64(description.suffix(Self.size), radix: 16)
        else { return nil }
        (self.high, self.low) = (high, low)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
}
