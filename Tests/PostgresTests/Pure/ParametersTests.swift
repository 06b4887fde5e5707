import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite("Parameters in PostgreSQL's binary form")
struct ParametersTests {
    @Test func `values are big-endian, text is UTF-8, and NULL has no bytes`() {
        let parameters = PostgresParameters(
            Int16(-2), Int32(258), Int64(1), true, 1.5, "é", Data([9, 0]), nil as Int64?, "" as String?)
        let bytes: [[UInt8]] = [
            [0xFF, 0xFE], [0, 0, 1, 2], [0, 0, 0, 0, 0, 0, 0, 1], [1], [0x3F, 0xF8, 0, 0, 0, 0, 0, 0], [0xC3, 0xA9], [9, 0], [], [],
        ]
        #expect(parameters.bytes == bytes.flatMap(\.self))
        #expect(parameters.fields.map(\.count) == [2, 4, 8, 1, 8, 2, 2, -1, 0])
        #expect(parameters.types == [.int2, .int4, .int8, .bool, .float8, .text, .bytea, .int8, .text])
    }

    @Test func `an array has its header, and a NULL in it the length -1`() {
        let parameters = PostgresParameters([Int16(7), nil])
        #expect(
            parameters.bytes == [
                0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 1,
                // 7, and NULL.
                0, 0, 0, 2, 0, 7, 255, 255, 255, 255,
            ])
        #expect(parameters.types == [.int2Array])
    }

    @Test func `an empty array has no dimension`() {
        #expect(PostgresParameters([String]()).bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25])
    }

    @Test func `an array that is written by steps is the same as one of an array`() {
        forAll(200) { generator, comment in
            let values = generator.list(0...20) { $0.maybe { $0.bytes() } }
            var stepwise = PostgresParameters(Int32(1))
            stepwise.append(arrayOf: Data.self) { array in for value in values { array.append(value) } }
            #expect(stepwise == PostgresParameters(Int32(1), values), comment)
        }
    }

    @Test func `bytes of another length than the type's are no value of it`() {
        func read<Value: PostgresValue>(_ type: Value.Type, _ count: Int, of byte: UInt8 = 1) -> Value? {
            [UInt8](repeating: byte, count: count).withUnsafeBytes { Value(postgresBytes: $0) }
        }
        for count in [0, 1, 3, 5, 7, 9] {
            #expect(read(Int64.self, count) == nil && read(Int32.self, count) == nil && read(Int16.self, count) == nil)
            #expect(read(Double.self, count) == nil)
        }
        #expect(read(Bool.self, 1) == true && read(Bool.self, 1, of: 2) == nil && read(Bool.self, 2) == nil)
        #expect(read(String.self, 2, of: 0xFF) == nil && read(String.self, 0) == "" && read(Data.self, 0) == Data())
    }
}
