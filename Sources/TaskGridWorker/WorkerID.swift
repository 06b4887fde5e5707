import Foundation
import TaskGridCore

/// The name of one life of a worker's process: its user on the broker and a dot, then host, process id and a random part, such as
/// `guest.node7-4711-9f03ac61b2d4`.
enum WorkerID {
    /// The longest part of a host's name that is kept: the id is part of queue names of at most 255 bytes.
    static let maximumHostLength = 64

    static func make(
        user: String, host: String = hostName, pid: Int32 = ProcessInfo.processInfo.processIdentifier,
        using generator: inout some RandomNumberGenerator
    ) -> String {
        let random = String(UInt64.random(in: 0..<(1 << 48), using: &generator), radix: 16)
        return "\(word(host))-\(pid)-\(String(repeating: "0", count: 12 - random.count))\(random)".owned(by: user)
    }

    static func make(user: String) -> String {
        var generator = SystemRandomNumberGenerator()
        return make(user: user, using: &generator)
    }

    /// The host's name as the kernel knows it; asking a resolver, as `ProcessInfo` does, may take seconds.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "host" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The name as one word of a routing key: ASCII letters, digits, `-` and `_`.
    private static func word(_ host: String) -> String {
        let word = host.unicodeScalars.prefix(maximumHostLength).map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_": Character(scalar)
            default: "-"
            }
        }
        return word.isEmpty ? "host" : String(word)
    }
}
