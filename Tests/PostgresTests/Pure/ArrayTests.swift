import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite("Arrays of values")
struct ArrayTests {
    @Test func `arrays of any values are read as they were written`() {
        forAll { generator, comment in
            func check<Value: PostgresValue & Equatable & PostgresElement>(_ values: [Value?]) {
                var parameters = PostgresParameters()
                parameters.append(arrayOf: Value.self) { array in for value in values { array.append(value) } }
                let read = parameters.bytes.withUnsafeBytes { PostgresArrayDecoder.decode($0, of: Value.self) }
                #expect(read == values, comment)
            }
            check(generator.list(0...20) { $0.maybe { Int64.random(in: .min ... .max, using: &$0) } })
            check(generator.list(0...20) { $0.maybe { Int16.random(in: .min ... .max, using: &$0) } })
            check(generator.list(0...20) { $0.maybe { $0.coin() } })
            check(generator.list(0...20) { $0.maybe { Double.random(in: -1e300...1e300, using: &$0) } })
            check(generator.list(0...20) { $0.maybe { $0.bytes() } })
            check(generator.list(0...20) { $0.maybe { String(decoding: $0.bytes(), as: UTF8.self) } })
        }
    }

    @Test func `no damaged array is read beyond its end, nor an absurd count believed`() {
        forAll(2000) { generator, comment in
            var bytes = PostgresParameters(generator.list(0...6) { $0.maybe { $0.bytes(0...9) } }).bytes
            switch generator.number(0...3) {
            case 0: bytes.removeLast(generator.number(1...bytes.count))
            case 1: bytes += [UInt8](repeating: 7, count: generator.number(1...9))
            default:
                for _ in 0..<generator.number(1...4) {
                    bytes[generator.number(0...(bytes.count - 1))] = .random(in: 0...255, using: &generator)
                }
            }
            let read = bytes.withUnsafeBytes { PostgresArrayDecoder.decode($0, of: Data.self) }
            #expect(read.map { $0.count <= bytes.count / 4 } ?? true, comment)
        }
        for count in [Int32.max, -1] {
            var bytes = PostgresParameters([Int32(1)]).bytes
            bytes.replaceSubrange(12..<16, with: withUnsafeBytes(of: count.bigEndian) { Array($0) })
            #expect(bytes.withUnsafeBytes { PostgresArrayDecoder.decode($0, of: Int32.self) } == nil)
        }
    }
}
