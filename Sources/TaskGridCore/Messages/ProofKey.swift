internal import Crypto
package import Foundation

/// Makes the proofs of a store's work, and so tells which results are for work that was handed out.
///
/// A proof is the first 16 bytes of HMAC-SHA-256 over the task's id (8 bytes), the attempt (4 bytes) and the name of the type. Its key is
/// the HMAC-SHA-256 of the epoch (8 bytes) and the store's identity by the store's secret. Numbers have the highest byte first.
package struct ProofKey: Sendable {
    /// Bytes of a secret.
    package static let secretSize = SHA256.byteCount

    /// The two hashes of an HMAC (RFC 2104), begun with the key. They are begun once: a proof costs half as much as by `HMAC`, which is
    /// made for data of any kind.
    private let inner: SHA256
    private let outer: SHA256

    /// - Parameters:
    ///   - secret: Random bytes that nobody but the dispatchers of the store knows.
    ///   - store: The store's identity.
    ///   - epoch: Another one makes other proofs. An operator who replaces a store by a copy raises it by hand
    ///     (`Operating.md`), so that no proof holds that was made after the copy.
    package init(secret: Data, store: String, epoch: Int64) {
        var scope = withUnsafeBytes(of: epoch.bigEndian) { Data($0) }
        scope.append(contentsOf: store.utf8)
        let key = HMAC<SHA256>.authenticationCode(for: scope, using: SymmetricKey(data: secret))
        var pads = (inner: SHA256(), outer: SHA256())
        let padded = Array(key) + Array(repeating: 0, count: SHA256.blockByteCount - SHA256.byteCount)
        pads.inner.update(data: padded.map { $0 ^ 0x36 })
        pads.outer.update(data: padded.map { $0 ^ 0x5c })
        (inner, outer) = pads
    }

    /// A secret of the system's random generator.
    package static func randomSecret() -> Data {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
    }

    /// The proof of one attempt.
    package func proof(of task: TaskID, attempt: Int, type: TaskType) -> Proof {
        var (inner, outer) = (inner, outer)
        var name = type.name
        name.withUTF8 { name in
            withUnsafeTemporaryAllocation(byteCount: 12 + name.count, alignment: 8) { bytes in
                bytes.storeBytes(of: task.rawValue.bigEndian, as: Int64.self)
                bytes.storeBytes(of: UInt32(clamping: attempt).bigEndian, toByteOffset: 8, as: UInt32.self)
                UnsafeMutableRawBufferPointer(rebasing: bytes[12...]).copyMemory(from: UnsafeRawBufferPointer(name))
                inner.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            }
        }
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return Proof(outer.finalize().withUnsafeBytes { ShortDigest(startOf: $0) })
    }
}
