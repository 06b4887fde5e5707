import Foundation
import TaskGridClient
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Acceptances of many payloads")
struct AcceptancesTests {
    private func run(_ number: Int, _ firstLine: Int, _ count: Int) -> PayloadReader.Run {
        PayloadReader.Run(number: number, firstLine: firstLine, payloads: Array(repeating: Data(), count: count))
    }

    @Test func `is told with its lines and ids, unless it was told before; an error names its line`() throws {
        let acceptances = Acceptances(namesLines: true)
        _ = try acceptances.add(run(0, 1, 3), (1...3).map { .success(TaskID($0)) })
        acceptances.told(run(0, 1, 3))
        _ = try acceptances.add(run(2, 7, 3), (10...12).map { .success(TaskID($0)) })
        let rejected = ClientError(.rejected, "too large")
        let error = #expect(throws: Failure.self) {
            try acceptances.add(run(1, 4, 3), [.success(20), .failure(rejected), .success(21)])
        }
        #expect(error?.message == "line 5: too large")
        #expect(throws: Failure.self) {
            try acceptances.add(run(3, 10, 2), Array(repeating: .failure(ClientError(.cancelled, "cancelled")), count: 2))
        }
        #expect(
            acceptances.untold() == [
                "line 4 was accepted as task 20", "line 6 was accepted as task 21", "lines 7 to 9 were accepted as tasks 10 to 12",
                "lines 10 to 11 may have been accepted",
            ])
    }
}
