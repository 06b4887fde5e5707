import Foundation
import TaskGridCore
import Testing

@Suite struct TaskTypeTests {
    static let longest = "a" + String(repeating: "-", count: 63)

    @Test(arguments: ["a", "reverse", "a1", "sum-of_2", "z--", longest]) func `a task type is a short lower-case word`(_ name: String)
        throws
    {
        #expect(try TaskType(name).name == name)
        #expect(try TaskType(name).description == name)
    }

    @Test(arguments: [
        "", "A", "Reverse", "1a", "-a", "_a", "a.b", "a b", " a", "a\n", "a*", "a#", "a/b", "é", "aé", "ａ", "a\u{301}", "a\0",
        longest + "a", String(repeating: "a", count: 100_000),
    ])
    func `other texts are no task types`(_ name: String) {
        #expect(throws: InvalidTaskType.self) { try TaskType(name) }
    }

    @Test func `a name in the program's text is a task type`() async {
        #expect(TaskType(literal: "sum-of_2").name == "sum-of_2")
        await #expect(processExitsWith: .failure) { _ = TaskType(literal: "No type") }
    }

    @Test(arguments: [
        ("A b", "A b"), (String(repeating: "é", count: 100_000), String(repeating: "é", count: 32) + "…"),
        ("e" + String(repeating: "\u{301}", count: 100_000), "…"),
    ])
    func `the error shows the name and the rule`(_ name: String, _ shown: String) {
        do {
            _ = try TaskType(name)
            Issue.record("taken")
        } catch {
            #expect("\(error)" == "'\(shown)' is no task type: 1 to 64 lower-case letters, digits, '-' or '_', a letter first")
        }
    }

    @Test func `task types are ordered by name`() throws {
        #expect(try ["sum", "hash", "a"].map(TaskType.init).sorted().map(\.name) == ["a", "hash", "sum"])
    }

    @Test func `a task type is a text or a key in JSON`() throws {
        #expect(String(decoding: JSON.encode([TaskType(literal: "reverse"): 1]), as: UTF8.self) == #"{"reverse":1}"#)
        #expect(try JSON.decode([TaskType: Int].self, Data(#"{"sum":2}"#.utf8)) == [TaskType("sum"): 2])
        #expect(throws: WireError.self) { try JSON.decode([TaskType].self, Data(#"["No type"]"#.utf8)) }
        #expect(throws: WireError.self) { try JSON.decode([TaskType: Int].self, Data(#"{"No type":2}"#.utf8)) }
    }
}
