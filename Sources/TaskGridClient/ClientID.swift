import Foundation
import TaskGridCore

/// The name of a client: unique to its process and life, and readable by people in the broker's administration.
enum ClientID {
    /// The user on the broker and a dot, then host name, process id and a random part; within the 255 bytes of a routing key.
    static func make(user: String) -> String {
        let process = ProcessInfo.processInfo
        let host = process.hostName.prefix(80).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" }
        let random = String(UInt32.random(in: .min ... .max), radix: 36)
        return "\(String(host))-\(process.processIdentifier)-\(random)".owned(by: user)
    }
}
