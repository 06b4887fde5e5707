import AMQP
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TaskGridCore
import Testing
import WebSupport

@testable import Monitor

@Suite("/bulk and /bulk-actions") struct BulkRoutesTests {
    private let token = "sixteen-bytes-or-more"

    /// A dispatcher that starts whatever it is asked for, and counts 802 tasks.
    private let dispatcher = PlayedDispatcher { message in
        switch message.properties.type {
        case MatchesQuery.name: return message.answered(MatchesQuery.Answer(count: 802))
        case BulkQuery.name:
            guard let query = try? JSON.decode(BulkQuery.self, message.body) else { return nil }
            guard query.expected == 802 else { return message.refused(.conflict, "802 tasks match now") }
            return message.answered(
                BulkAction(id: query.id, kind: query.kind, filter: query.filter, expected: query.expected, started: .start))
        default: return nil
        }
    }

    private func ask(_ uri: String, _ method: HTTPRequest.Method, isAllowed: Bool = true) async throws -> TestResponse {
        let grid = GridState(topology: Topology(prefix: "t"), now: { .after(3600) })
        let access = try Guard.sample(token: token)
        let application = try await MonitorRoutes.sample(grid, dispatcher: dispatcher, access: access).application
        return try await application.test(.router) {
            try await $0.execute(uri: uri, method: method, headers: isAllowed ? [.authorization: "Bearer \(token)"] : [:])
        }
    }

    private func json(_ response: TestResponse) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
    }

    @Test func `the count says how many tasks a retry means: failed ones that ended in the span`() async throws {
        let report = try json(try await ask("/bulk/retry?type=reverse&since=1h", .get))
        #expect(report["count"] as? Int == 802 && report["complete"] as? Bool == true)
        let filter = try #require(try dispatcher.asked(MatchesQuery.self).last?.filter)
        #expect(filter.state == .failed && filter.type == .reverse && filter.completedSince == .start && filter.createdSince == nil)
    }

    @Test func `the count says how many tasks a cancellation means: those that have not ended`() async throws {
        _ = try await ask("/bulk/cancel?since=1h", .get)
        let filter = try #require(try dispatcher.asked(MatchesQuery.self).last?.filter)
        #expect(filter.isOpen && filter.createdSince == .start && filter.completedSince == nil)
    }

    @Test func `a bulk action needs the token and the count that was confirmed`() async throws {
        #expect(try await ask("/bulk/retry?type=reverse&count=802", .post, isAllowed: false).status == .unauthorized)
        for (count, what) in [("", "missing"), ("&count=", "''"), ("&count=many", "'many'")] {
            let refused = try await ask("/bulk/retry?type=reverse\(count)", .post)
            #expect(refused.status == .badRequest)
            #expect(try json(refused)["detail"] as? String == "parameter 'count' is \(what); it takes 1 to 1000000000")
        }
        #expect(try await ask("/bulk/retry?type=reverse&count=12", .post).status == .conflict)
        let started = try await ask("/bulk/retry?type=reverse&count=802&error_group=failed:%20no%20%23&id=mine", .post)
        #expect(started.status == .ok)
        let report = try json(started)
        #expect(report["id"] as? String == "mine" && report["state"] as? String == "running" && report["expected"] as? Int == 802)
        #expect(report["error_group"] as? String == "failed: no #")
    }

    @Test func `a state that cannot be changed so is a conflict, an unknown action a bad request`() async throws {
        for uri in ["/bulk/retry?state=pending", "/bulk/cancel?state=failed"] {
            #expect(try await ask(uri, .get).status == .conflict, "\(uri)")
        }
        #expect(try await ask("/bulk/delete", .get).status == .badRequest)
    }
}
