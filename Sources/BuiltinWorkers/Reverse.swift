package import Foundation
package import TaskGridCore
package import TaskGridWorker

/// `hello` → `olleh`, by grapheme: what looks like one character stays whole (Unicode Standard Annex #29).
package struct Reverse: TaskWorker {
    package let definition = TaskDefinition<Data, Data>("reverse")

    package init() {}

    /// - Throws: `invalidInput` where the payload is no UTF-8.
    package func run(_ input: Data, context: TaskContext) async throws -> Data {
        if let reversed = Self.reverseBytes(input) { return reversed }
        let text: String
        do throws(PayloadError) {
            text = try PayloadCodec.text.decode(input)
        } catch {
            throw TaskError(error, inputOf: type)
        }
        return try Self.reverseCharacters(text)
    }

    /// From the front: a text of flags has its characters counted off from its start, and from the end each would be looked for anew.
    private static func reverseCharacters(_ text: String) throws -> Data {
        var text = text
        text.makeContiguousUTF8()
        var reversed = [UInt8](repeating: 0, count: text.utf8.count)
        var start = reversed.count
        var count = 0
        var index = text.startIndex
        while index < text.endIndex {
            if count.isMultiple(of: 4096) { try Task.checkCancellation() }
            count += 1
            let next = text.index(after: index)
            let character = text.utf8[index..<next]
            start -= character.count
            for (offset, byte) in character.enumerated() { reversed[start + offset] = byte }
            index = next
        }
        return Data(reversed)
    }

    /// The bytes in reverse where each is a grapheme: ASCII without carriage returns, because CR LF is one grapheme.
    private static func reverseBytes(_ input: Data) -> Data? {
        let bytes = input.withUnsafeBytes { bytes -> [UInt8]? in
            guard bytes.allSatisfy({ $0 < 0x80 && $0 != 0x0D }) else { return nil }
            return [UInt8](unsafeUninitializedCapacity: bytes.count) { reversed, count in
                for index in bytes.indices { reversed.initializeElement(at: bytes.count - 1 - index, to: bytes[index]) }
                count = bytes.count
            }
        }
        return bytes.map { Data($0) }
    }
}
