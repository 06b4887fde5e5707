import Crypto
package import Foundation
package import TaskGridCore
package import TaskGridWorker

/// The SHA-256 of the payload's bytes (FIPS 180-4), in lower-case hexadecimal.
package struct Hash: TaskWorker {
    package let definition = TaskDefinition<Data, String>("hash")

    package init() {}

    package func run(_ input: Data, context: TaskContext) async throws -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * SHA256.byteCount)
        for byte in try Self.hash(of: input) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// In parts, between which it heeds a cancellation.
    private static func hash(of input: Data) throws -> SHA256.Digest {
        var hash = SHA256()
        try input.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
                try Task.checkCancellation()
                hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 1 << 20, bytes.count)]))
            }
        }
        return hash.finalize()
    }
}
