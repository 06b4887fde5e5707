import Foundation

/// Why a value cannot be written as bytes, or bytes are no such value.
public struct PayloadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and where, in one line.
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }

    /// Names the field of an error of decoding or encoding by its path, such as `items[2].price`.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as PayloadError: error
            case let error as DecodingError: PayloadError(error.place)
            case EncodingError.invalidValue(let value, let context):
                PayloadError("\(context.codingPath.place ?? "the value"): '\("\(value)".cut(toUTF8: 80))': \(context.debugDescription)")
            default: PayloadError("\(error)")
            }
    }

    init(invalidUTF8 bytes: Data) {
        let wrong = bytes.firstInvalidUTF8
        self.init("byte \(wrong) of \(bytes.count) is no UTF-8")
    }
}

extension Data {
    /// The offset of the first byte, counted from 0, that is no part of UTF-8.
    fileprivate var firstInvalidUTF8: Int {
        var decoder = Unicode.UTF8.ForwardParser()
        var bytes = makeIterator()
        var valid = 0
        while case .valid(let scalar) = decoder.parseScalar(from: &bytes) { valid += scalar.count }
        return valid
    }
}
