import Foundation

/// The passwords of URLs in a process's arguments, which every user of the machine sees (`ps`).
package enum ArgumentSecrets {
    /// Hides them: writes asterisks over them in the memory that the system shows. `CommandLine.arguments` keeps them.
    ///
    /// They could be seen until then, so it is the first thing that a program does.
    package static func hide() {
        // Swift copies the arguments when they are first asked for.
        let count = CommandLine.arguments.count
        for index in 1..<max(1, count) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            let bytes = UnsafeMutableBufferPointer(start: argument, count: strlen(argument))
            // One that is no UTF-8 is refused, in its own words.
            guard String(validatingCString: argument) != nil else { continue }
            for range in passwords(in: bytes.map { UInt8(bitPattern: $0) }) { bytes[range].update(repeating: CChar(UInt8(ascii: "*"))) }
        }
    }

    /// Where the passwords stand in a text with URLs: in each, from the first colon after `://` to the last `@`, and behind `password=`. A
    /// password that is not percent-encoded is found too.
    static func passwords(in text: [UInt8]) -> [Range<Int>] {
        let separator = Array("://".utf8)
        let starts = text.indices.filter { text[$0...].starts(with: separator) }.map { $0 + separator.count }
        let logins: [Range<Int>] = starts.enumerated().compactMap { number, start in
            let end = number + 1 < starts.count ? starts[number + 1] - separator.count : text.count
            guard start < end, let colon = text[start..<end].firstIndex(of: UInt8(ascii: ":")),
                let at = text[start..<end].lastIndex(of: UInt8(ascii: "@")), colon + 1 < at
            else { return nil }
            return colon + 1..<at
        }
        guard let first = starts.first else { return [] }
        // libpq's parameters of a URL: `password`, and `sslpassword` of a key.
        let name = Array("password=".utf8)
        let parameters = text.indices[first...].filter { text[$0...].starts(with: name) }.map { at in
            at + name.count..<(text[(at + name.count)...].firstIndex(of: UInt8(ascii: "&")) ?? text.count)
        }
        return logins + parameters.filter { !$0.isEmpty }
    }
}
