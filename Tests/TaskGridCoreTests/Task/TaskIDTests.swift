import Foundation
import TaskGridCore
import Testing

@Suite struct TaskIDTests {
    @Test(arguments: [("1", 1), ("42", 42), ("9223372036854775807", Int64.max)]) func `a task id is a positive number in a text`(
        _ text: String, _ value: Int64
    ) {
        #expect(TaskID(text) == TaskID(value))
        #expect(TaskID(value).description == text)
    }

    @Test(arguments: ["", "0", "-1", "1.0", " 1", "1 ", "0x1", "1e3", "９", "9223372036854775808", String(repeating: "9", count: 10_000)])
    func `other texts are no task ids`(_ text: String) {
        #expect(TaskID(text) == nil)
    }

    @Test func `task ids are consecutive and ordered`() {
        #expect((0..<3).map { TaskID(7).advanced(by: $0) } == [7, 8, 9])
        #expect(TaskID(7) < 8)
    }

    @Test func `a task id is a number in JSON`() throws {
        #expect(String(decoding: JSON.encode([TaskID(5)]), as: UTF8.self) == "[5]")
        #expect(try JSON.decode([TaskID].self, Data("[5]".utf8)) == [5])
    }

    @Test(arguments: ["0", "-1", "1.5", "9223372036854775808", #""5""#, "null", "true"]) func `other JSON is no task id`(_ text: String) {
        #expect(throws: WireError.self) { try JSON.decode([TaskID].self, Data("[\(text)]".utf8)) }
    }
}
