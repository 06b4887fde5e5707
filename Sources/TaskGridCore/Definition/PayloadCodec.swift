public import Foundation

/// Turns values into the bytes of a payload or result, and back.
///
/// A definition chooses `text` for `String`, `bytes` for `Data`, `empty` for `Void` and `json` for every other `Codable` type. A
/// format of one's own, such as Protocol Buffers, is a codec of two functions.
public struct PayloadCodec<Value: Sendable>: Sendable {
    private let write: @Sendable (Value) throws -> Data
    private let read: @Sendable (Data) throws -> Value

    /// - Parameters:
    ///   - encode: gives the bytes of a value.
    ///   - decode: gives the value of such bytes. The text of its error is shown to whoever sent other ones.
    public init(encode: @escaping @Sendable (Value) throws -> Data, decode: @escaping @Sendable (Data) throws -> Value) {
        write = encode
        read = decode
    }

    /// - Throws: `PayloadError` where the value cannot be written, such as a number in JSON that is not finite.
    public func encode(_ value: Value) throws(PayloadError) -> Data {
        do {
            return try write(value)
        } catch {
            throw PayloadError(error)
        }
    }

    /// - Throws: `PayloadError` where the bytes are no such value; it names the field.
    public func decode(_ payload: Data) throws(PayloadError) -> Value {
        do {
            return try read(payload)
        } catch {
            throw PayloadError(error)
        }
    }
}

extension PayloadCodec<String> {
    /// The text as UTF-8.
    public static var text: PayloadCodec {
        PayloadCodec {
            Data($0.utf8)
        } decode: { payload in
            if let text = String(validating: payload, as: UTF8.self) { return text }
            throw PayloadError(invalidUTF8: payload)
        }
    }
}

extension PayloadCodec<Data> {
    /// The bytes as they are.
    public static var bytes: PayloadCodec {
        PayloadCodec {
            $0
        } decode: {
            $0
        }
    }
}

extension PayloadCodec<Void> {
    /// No bytes.
    public static var empty: PayloadCodec {
        PayloadCodec { _ in
            Data()
        } decode: { payload in
            guard payload.isEmpty else { throw PayloadError("\(payload.count) bytes where none are expected") }
        }
    }
}

extension PayloadCodec where Value: Codable {
    /// JSON whose keys are sorted, so that equal values are equal bytes.
    public static var json: PayloadCodec {
        PayloadCodec { value in
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(value)
        } decode: { payload in
            do {
                return try JSONDecoder().decode(Value.self, from: payload)
            } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty && context.underlyingError == nil {
                guard let (number, place) = UnfittingNumber.find(in: payload, for: Value.self) else {
                    throw DecodingError.dataCorrupted(context)
                }
                throw PayloadError("\(place.map { "\($0): " } ?? "")the number \(number.cut(toUTF8: 40)) does not fit this field")
            }
        }
    }

    /// The codec that a definition chooses: text and bytes stay as they are, everything else is JSON.
    static var standard: PayloadCodec {
        PayloadCodec<String>.text as? PayloadCodec ?? PayloadCodec<Data>.bytes as? PayloadCodec ?? json
    }
}
