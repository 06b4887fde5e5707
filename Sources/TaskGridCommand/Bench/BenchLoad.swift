import Foundation
import TaskGridCore

/// The tasks of a benchmark: of one type and size, each of its own, with answers that are known without the grid.
struct BenchLoad: Sendable {
    let type: TaskType
    let size: Int
    /// The bytes of a payload beside its number.
    private let filling: Data
    private let answer: @Sendable (Data) -> Data?

    /// The types whose answers are known.
    static let types = ["reverse", "upper", "hash", "wait"]
    static let standardType = TaskType(literal: "reverse")
    static let maximumSize = 32 << 20

    /// `size`: bytes of a payload; a `wait` has the same short one however large it is to be.
    init(_ type: TaskType, size: Int) throws(Failure) {
        self.type = type
        self.size = size
        filling = Data((0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) })
        switch type.name {
        case "reverse":
            // Far cheaper than `Data($0.reversed())`: what checks shall not slow down what it measures.
            answer = { payload in Data(payload.withUnsafeBytes { Array($0.reversed()) }) }
        case "upper": answer = { Data(String(decoding: $0, as: UTF8.self).uppercased().utf8) }
        case "hash": answer = { Data(SHA256.hexadecimal($0).utf8) }
        case "wait": answer = { $0 }
        default:
            let known = Self.types.joined(separator: ", ")
            throw Failure(.failed, "the answers of '\(type)' are not known here, so that they could not be checked: use \(known)")
        }
    }

    /// The payload of a task: its number, then the alphabet up to the size.
    func payload(_ number: Int) -> Data {
        guard type.name != "wait" else { return Data("0".utf8) }
        var bytes = filling
        for (index, digit) in "\(number) ".utf8.enumerated() where index < size { bytes[index] = digit }
        return bytes
    }

    func isRight(_ result: Data, for payload: Data) -> Bool { answer(payload) == result }
}
