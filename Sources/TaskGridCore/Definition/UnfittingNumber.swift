import Foundation

/// Finds the number in JSON that does not fit its field, such as 4.5 for an `Int`. Foundation's decoder says of such JSON that it is not
/// valid, and nothing of where.
struct UnfittingNumber {
    private static let maximumBytes = 64 << 10

    private var bytes: [UInt8]

    /// - Returns: the number and its place, such as `items[2].price`, of the last such number; nil where it is not numbers that are wrong.
    static func find<Value: Decodable>(in json: Data, for _: Value.Type) -> (number: String, place: String?)? {
        // It reads the JSON some 20 times.
        guard json.count <= maximumBytes else { return nil }
        let whole = UnfittingNumber(bytes: Array(json))
        let numbers = whole.numbers
        // With all numbers up to the last wrong one replaced by zeros, and with no fewer, the value can be read.
        func isReadable(without count: Int) -> Bool {
            var part = whole
            for number in numbers.prefix(count) { part.clear(number) }
            return (try? JSONDecoder().decode(Value.self, from: Data(part.bytes))) != nil
        }
        guard isReadable(without: numbers.count) else { return nil }
        var (fewest, enough) = (0, numbers.count)
        while fewest < enough {
            let middle = (fewest + enough) / 2
            if isReadable(without: middle) { enough = middle } else { fewest = middle + 1 }
        }
        guard enough > 0 else { return nil }
        let number = numbers[enough - 1]
        return (String(decoding: whole.bytes[number], as: UTF8.self), whole.place(of: number))
    }

    /// Replaces a number by a zero.
    private mutating func clear(_ number: Range<Int>) {
        for index in number { bytes[index] = UInt8(ascii: " ") }
        bytes[number.lowerBound] = UInt8(ascii: "0")
    }

    private var numbers: [Range<Int>] {
        var numbers: [Range<Int>] = []
        scan { number, _ in
            numbers.append(number)
            return true
        }
        return numbers
    }

    private func place(of wanted: Range<Int>) -> String? {
        var place: String?
        scan { number, levels in
            if number == wanted { place = describe(levels) }
            return number != wanted
        }
        return place
    }

    /// An array or an object that a number is in.
    private enum Level {
        case array(index: Int)
        /// The key between its quotation marks, once it was read.
        case object(key: Range<Int>?)
    }

    /// Visits the numbers of JSON (RFC 8259) in their order, until `visit` returns false. Of bytes that are no JSON it visits some.
    private func scan(_ visit: (_ number: Range<Int>, _ levels: [Level]) -> Bool) {
        var levels: [Level] = []
        var index = 0
        while index < bytes.count {
            let start = index
            index += 1
            switch bytes[start] {
            case UInt8(ascii: "["): levels.append(.array(index: 0))
            case UInt8(ascii: "{"): levels.append(.object(key: nil))
            case UInt8(ascii: "]"), UInt8(ascii: "}"): _ = levels.popLast()
            case UInt8(ascii: ","):
                switch levels.popLast() {
                case .array(let index): levels.append(.array(index: index + 1))
                case .object: levels.append(.object(key: nil))
                case nil: break
                }
            case UInt8(ascii: "\""):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
                if case .object(nil) = levels.last { levels[levels.count - 1] = .object(key: start + 1..<index) }
                index += 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                while index < bytes.count, "0123456789+-.eE".utf8.contains(bytes[index]) { index += 1 }
                guard visit(start..<index, levels) else { return }
            default: break
            }
        }
    }

    private func describe(_ levels: [Level]) -> String? {
        levels.isEmpty
            ? nil
            : levels.reduce(into: "") { text, level in
                switch level {
                case .array(let index): text += "[\(index)]"
                case .object(let key): text += (text.isEmpty ? "" : ".") + String(decoding: bytes[key ?? 0..<0], as: UTF8.self)
                }
            }
    }
}
