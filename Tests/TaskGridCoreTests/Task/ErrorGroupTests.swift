import Foundation
import TaskGridCore
import Testing

@Suite("Kinds of errors")
struct ErrorGroupTests {
    @Test(arguments: [
        ("invalid_input: element 1 is a string, not a number", "invalid_input: element # is a string, not a number"),
        ("failed: HTTP 503 after 1.5 s from 10.0.0.12:8080", "failed: HTTP # after #.# s from #.#.#.#:#"),
        ("failed: no row 550e8400-e29b-41d4-a716-446655440000", "failed: no row #"),
        ("failed: digest deadbeef01 of v2", "failed: digest # of v#"),
        ("failed: facade", "failed: facade"),
        ("failed: Größe 12 Ω", "failed: Größe # Ω"), ("the payload is not UTF-8 but UTF-16, v8", "the payload is not UTF-8 but UTF-16, v#"),
        ("the payload is no JSON value ('wa')", "the payload is no JSON value ('…')"), ("no \"a'b\" and no `c`", "no \"…\" and no `…`"),
        ("can't open the users' file 'x'", "can't open the users' file '…'"), ("it isn't here", "it isn't here"), ("'a''b'", "'…''…'"),
        ("7'x' é'x' ''", "#'x' é'x' '…'"), ("no 'end", "no 'end"),
        ("is '" + String(repeating: "long ", count: 200), "is '…'"),
        ("", ""),
    ])
    func `an error's kind is its text without numbers and ids`(_ text: String, _ group: String) {
        #expect(ErrorGroup(text: text).description == group)
    }

    @Test func `the kind of a kind is itself`() {
        let texts = ["failed: task 12 of 1f2e3d4c5b", "failed: " + String(repeating: "ä7", count: 400), "7'x' 'y' UTF-8 'z"]
        let cut = (0..<12).map { String(repeating: "x", count: 190 + $0) + " 'a' 'b' `c" + String(repeating: "'d\"", count: 300) }
        for text in texts + cut {
            let group = ErrorGroup(text: text)
            #expect(ErrorGroup(text: group.description) == group)
            #expect(group.description.utf8.count <= ErrorGroup.maximumLength)
        }
    }

    @Test func `a filter by kind finds the errors that differ in numbers alone`() {
        let task = TaskRecord(
            id: 1, type: TaskType(literal: "sum"), payload: .init(), status: .failed, created: Timestamp(rawValue: 1),
            settings: TaskSettings(),
            error: TaskError(.invalidInput, "element 17 is a string"), key: "k")
        var filter = TaskFilter(errorGroup: ErrorGroup(text: "invalid_input: element 3 is a string"))
        #expect(filter.matches(task) && filter.looksAtEach)
        filter.errorGroup = ErrorGroup(text: "invalid_input: element # is a boolean")
        #expect(!filter.matches(task))
    }

    @Test func `groups are added up, and those beyond the bound counted together`() {
        func group(_ error: String, _ count: Int, newest: TaskID, _ time: Int64) -> FailureGroup {
            FailureGroup(
                type: TaskType(literal: "sum"), error: error, count: count, example: "\(error) \(newest)", newest: newest,
                first: Timestamp(rawValue: time), last: Timestamp(rawValue: time + 1))
        }
        var groups = FailureGroups(maximum: 2)
        for part in [
            group("a", 1, newest: 9, 90), group("b", 5, newest: 8, 80), group("a", 2, newest: 4, 40), group("c", 3, newest: 2, 20),
        ] {
            groups.add(part)
        }
        let largest = groups.largestFirst
        #expect(largest.map(\.error) == ["b", "a"] && largest.map(\.count) == [5, 3])
        #expect(largest[1].newest == 9 && largest[1].example == "a 9" && largest[1].first == Timestamp(rawValue: 40))
        #expect(groups.others == 3 && groups.total == 11)
    }
}
