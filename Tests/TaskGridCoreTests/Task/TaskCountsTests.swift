import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite struct TaskCountsTests {
    @Test func `every state has a count of its own`() {
        var counts = TaskCounts()
        for (index, state) in TaskState.allCases.enumerated() { counts[state] = 1 << index }
        for (index, state) in TaskState.allCases.enumerated() { #expect(counts[state] == 1 << index) }
        #expect(counts.sum == (1 << TaskState.allCases.count) - 1)
    }

    @Test func `counts balance when the states add up to the submitted tasks`() {
        var counts = TaskCounts()
        #expect(counts.balances)
        counts.submitted = 3
        #expect(!counts.balances)
        counts.pending = 1
        counts.expired = 2
        #expect(counts.balances)
    }

    @Test func `counts add up state by state and stay within their bound`() {
        forAll(100) { generator, seed in
            let (left, right) = (TaskCounts.random(using: &generator), TaskCounts.random(using: &generator))
            let total = left + right
            // The most that a count can be, on the wire and in JSON.
            let most = 1 << 53
            #expect(total.submitted == min(most, left.submitted + right.submitted), seed)
            #expect(total.sum == min(most, left.sum + right.sum), seed)
            for state in TaskState.allCases { #expect(total[state] == min(most, left[state] + right[state]), seed) }
        }
    }

    @Test func `counts are JSON with a field for each state`() throws {
        var counts = TaskCounts()
        counts.submitted = 2
        counts.running = 2
        let text = #"{"cancelled":0,"expired":0,"failed":0,"pending":0,"queued":0,"running":2,"scheduled":0,"submitted":2,"succeeded":0}"#
        #expect(String(decoding: JSON.encode(counts), as: UTF8.self) == text)
        #expect(try JSON.decode(TaskCounts.self, Data(text.utf8)) == counts)
    }

    /// Numbers that are no numbers of tasks, and with which a sum could overflow.
    @Test(arguments: ["-1", "9007199254740993", "9223372036854775807", "1.5", "null"]) func `a number that is no count of tasks is refused`(
        _ number: String
    ) {
        for name in ["submitted"] + TaskState.allCases.map(\.name) {
            let fields = (["submitted"] + TaskState.allCases.map(\.name)).map { #""\#($0)":\#($0 == name ? number : "1")"# }
            #expect(throws: WireError.self) { try JSON.decode(TaskCounts.self, Data("{\(fields.joined(separator: ","))}".utf8)) }
        }
    }

    @Test func `each state has one name`() throws {
        for state in TaskState.allCases {
            #expect(TaskState(name: state.name) == state)
            #expect(try JSON.decode([TaskState].self, JSON.encode([state])) == [state])
        }
        #expect(TaskState(name: "done") == nil)
        #expect(throws: WireError.self) { try JSON.decode([TaskState].self, Data(#"["done"]"#.utf8)) }
        #expect(TaskState.allCases.filter(\.isTerminal) == [.succeeded, .failed, .cancelled, .expired])
        // The store keeps these numbers.
        #expect(TaskState.allCases.map(\.rawValue) == Array(1...8))
    }
}
