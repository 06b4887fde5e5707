public import Foundation
public import TaskGridCore

/// A value that travels as JSON: an input where it can be decoded, an output where it can be encoded.
public struct JSONValue<Value: Sendable>: Sendable {
    public var value: Value

    public init(_ value: Value) {
        self.value = value
    }
}

extension JSONValue: TaskInput where Value: Decodable {
    /// - Throws: `invalidInput`, which names the place in the JSON that is not as the type wants it.
    public init(payload: Data) throws(TaskError) {
        do {
            value = try JSON.decode(Value.self, payload)
        } catch {
            throw TaskError(.invalidInput, "the payload is not the JSON that this worker takes: \(error.message)")
        }
    }
}

extension JSONValue: TaskOutput where Value: Encodable {
    /// Keys are sorted, so that equal values are equal bytes.
    ///
    /// - Throws: `failed` where the value cannot be written as JSON, such as a number that is not finite.
    public var payload: Data {
        get throws(TaskError) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            do {
                return try encoder.encode(value)
            } catch {
                throw TaskError(.failed, "the result cannot be written as JSON: \(error)")
            }
        }
    }
}
