import Foundation
import TaskGridCore

/// The name of a client: unique to its process and life, and readable by people in the broker's administration.
enum ClientID {
    /// The longest part of a host's name that is kept: with the longest user that a grid makes, an id stays within
    /// `WireFormat.maximumIDLength`.
    static let maximumHostLength = 64

    /// The user on the broker and a dot, then host name, process id and a random part.
    static func make(
        user: String, host: String = ProcessInfo.processInfo.hostName, pid: Int32 = ProcessInfo.processInfo.processIdentifier
    ) -> String {
        let word = host.prefix(maximumHostLength).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" }
        let random = String(UInt32.random(in: .min ... .max), radix: 36)
        return "\(String(word))-\(pid)-\(random)".owned(by: user)
    }
}
