import AMQP
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TaskGridCore
import Testing

@testable import Monitor

@Suite("/failures") struct FailuresTests {
    private func group(_ error: String, _ count: Int, newest: TaskID) -> FailureGroup {
        FailureGroup(type: .reverse, error: error, count: count, example: "\(error) 1", newest: newest, first: .start, last: .after(1))
    }

    @Test func `the groups of several answers are added up, the largest first`() async throws {
        let dispatcher = PlayedDispatcher { [self] message in
            guard let query = try? JSON.decode(FailuresQuery.self, message.body) else { return nil }
            return query.before == nil
                ? message.answered(FailuresQuery.Answer(groups: [group("a", 2, newest: 9), group("b", 3, newest: 8)], next: 5))
                : message.answered(FailuresQuery.Answer(groups: [group("a", 4, newest: 3)]))
        }
        let grid = GridState(topology: Topology(prefix: "t"), now: { .after(3600) })
        let application = try await MonitorRoutes.sample(grid, dispatcher: dispatcher).application
        let response = try await application.test(.router) {
            try await $0.execute(uri: "/failures?type=reverse&since=1h&error_group=a%20%23", method: .get)
        }
        let report = try #require(try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
        let groups = try #require(report["groups"] as? [[String: Any]])
        #expect(groups.compactMap { $0["error"] as? String } == ["a", "b"] && groups.compactMap { $0["count"] as? Int } == [6, 3])
        #expect(groups[0]["newest"] as? Int == 9)
        #expect(report["total"] as? Int == 9 && report["next"] is NSNull)
        let asked = try dispatcher.asked(FailuresQuery.self).map(\.filter)
        #expect(asked.allSatisfy { $0.type == .reverse && $0.completedSince == .start && $0.errorGroup?.description == "a #" })
        #expect(asked.count == 2)
    }
}
