import Foundation
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite struct InputTests {
    @Test func `a text payload is UTF-8`() throws {
        #expect(try String(payload: Data("né".utf8)) == "né")
        #expect("né".payload == Data("né".utf8))
        #expect(throws: TaskError(.invalidInput, "the payload is no UTF-8 text")) { try String(payload: Data([0xC3, 0x28])) }
    }

    @Test func `a data payload is its bytes`() {
        #expect(Data(payload: Data([0, 255])).payload == Data([0, 255]))
    }

    struct Point: Codable, Sendable, Equatable {
        var x: Int
        var y: Double
    }

    @Test func `a JSON payload is decoded, and a result encoded`() throws {
        #expect(try JSONValue<Point>(payload: Data(#"{"y":0.5,"x":1}"#.utf8)).value == Point(x: 1, y: 0.5))
        #expect(try String(decoding: JSONValue(Point(x: 1, y: 0.5)).payload, as: UTF8.self) == #"{"x":1,"y":0.5}"#)
    }

    @Test func `a payload that is no JSON is invalid input`() {
        #expect {
            try JSONValue<[Point]>(payload: Data(#"[{"x":"one","y":1}]"#.utf8))
        } throws: { error in
            let error = error as? TaskError
            return error?.code == .invalidInput && error?.message.contains("x") == true
        }
    }

    @Test func `a result that JSON cannot express fails the attempt`() {
        #expect {
            try JSONValue([Double.infinity]).payload
        } throws: { ($0 as? TaskError)?.code == .failed }
    }
}
