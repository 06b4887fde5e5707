package import Foundation

extension JSON {
    /// JSON that may be shown on a terminal: as ``encode(_:pretty:)``, and as ``visible(_:)`` has it.
    package static func shown(_ value: some Encodable, pretty: Bool = false) -> Data { visible(encode(value, pretty: pretty)) }

    /// The same JSON without characters that cannot be seen. They stand in strings alone: each becomes an escape sequence, which means the
    /// same. A line feed or a tab between values stays.
    package static func visible(_ json: Data) -> Data {
        if json.allSatisfy({ (0x20...0x7E).contains($0) }) { return json }
        var result = ""
        for character in String(decoding: json, as: UTF8.self) {
            if character.isVisible {
                result.append(character)
            } else {
                for scalar in character.unicodeScalars { result += escaped(scalar) }
            }
        }
        return Data(result.utf8)
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        guard !scalar.isVisible, !"\n\r\t".unicodeScalars.contains(scalar) else { return String(scalar) }
        return String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
