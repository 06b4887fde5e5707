package import Foundation

/// JSON as the grid writes and reads it: sorted keys, no escaped slashes.
package enum JSON {
    /// - Precondition: `value` is one of the grid's own message types, which hold nothing that JSON cannot write (their
    ///   floating-point numbers are finite).
    package static func encode(_ value: some Encodable, pretty: Bool = false) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
        // `try!` cannot fail: floats are finite (see the precondition), and no `encode(to:)` of ours throws.
        return try! encoder.encode(value)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, _ body: Data) throws(WireError) -> Value {
        guard body.count <= WireFormat.maximumBodySize else {
            throw WireError(.tooLarge, "body of \(body.count) bytes; at most \(WireFormat.maximumBodySize) are read")
        }
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch let error as DecodingError {
            throw WireError(.malformedBody, error.place)
        } catch {
            throw WireError(.malformedBody, "\(error)")
        }
    }
}

extension KeyedDecodingContainer {
    /// A number of things: an integer from 0 to 2⁵³, which any JSON reader holds exactly, and of which a thousand can be
    /// added up without overflow.
    func count(forKey key: Key) throws -> Int {
        let value = try decode(Int.self, forKey: key)
        guard Int.countRange.contains(value) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(value) is no number from 0 to 2^53")
        }
        return value
    }

    /// The same, 0 where it is not there.
    func countIfPresent(forKey key: Key) throws -> Int {
        try contains(key) ? count(forKey: key) : 0
    }
}

extension Int {
    static let countRange = 0...(1 << 53)
}

extension DecodingError {
    /// Swift's text about a value of an enumeration names the enumeration, which nobody knows who sends messages.
    private func inWords(_ reason: String) -> String {
        guard let match = reason.wholeMatch(of: /(?s)Cannot initialize \w+ from invalid \w+ value (.*)/) else { return reason }
        return "'\(match.1)' is none of its values"
    }

    /// A message in one line: what is wrong, and where.
    var place: String {
        func at(_ context: Context) -> String {
            // JSON that is none says where under the error.
            let reason = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String ?? context.debugDescription
            return context.codingPath.place.map { "\($0): \(inWords(reason))" } ?? inWords(reason)
        }
        return switch self {
        case .keyNotFound(let key, let context): "\((context.codingPath + [key]).place ?? key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): at(context)
        @unknown default: "\(self)"
        }
    }
}

extension [any CodingKey] {
    /// The path as it is written in code, such as `items[2].price`; nil where it is empty.
    var place: String? {
        isEmpty
            ? nil
            : reduce(into: "") { text, key in
                if let index = key.intValue {
                    text += "[\(index)]"
                } else {
                    text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
                }
            }
    }
}
