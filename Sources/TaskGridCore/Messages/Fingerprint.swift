internal import Crypto
package import Foundation

/// The content of a submission in 16 bytes, by which a key that is used again for something else is recognised.
///
/// The first 16 bytes of the SHA-256 of the type's name, a zero byte, the number of tasks, and for each task the length of its
/// payload and the payload; numbers have 8 bytes, the highest first. Settings are no part of it.
package struct Fingerprint: Hashable, Sendable {
    private let digest: ShortDigest

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
        digest = hash.finalize().withUnsafeBytes { ShortDigest(startOf: $0) }
    }

    /// Reads what ``bytes`` writes; nil where these are not 16 bytes.
    package init?(_ bytes: Data) {
        guard let digest = ShortDigest(bytes) else { return nil }
        self.digest = digest
    }

    /// The form that the store keeps.
    package var bytes: Data { digest.bytes }
}

extension Fingerprint: LosslessStringConvertible {
    /// 32 hexadecimal digits: the form that the wire carries.
    package var description: String { digest.description }

    package init?(_ description: String) {
        guard let digest = ShortDigest(description) else { return nil }
        self.digest = digest
    }
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
