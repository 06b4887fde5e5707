import Foundation

/// This process among those of all machines, for people.
package enum ThisProcess {
    /// Its machine and its number, `host db1, process 1207`.
    package static let name = "host \(host), process \(getpid())"

    /// The machine's name, without a look-up.
    private static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
