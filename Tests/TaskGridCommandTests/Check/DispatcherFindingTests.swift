import Foundation
import TaskGridClient
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("Which dispatcher is active")
struct DispatcherFindingTests {
    private let grid = CheckedGrid.sample()

    private func reading(_ dispatchers: [(process: String, user: String)], prefix: String = "t") -> ManagementReading {
        var reading = ManagementReading.healthy(grid)
        let connections = dispatchers.flatMap { process, user in
            ["dispatcher publish", "dispatcher lock"].map { ListedConnection(user: user, name: $0, prefix: prefix, process: process) }
        }
        reading.logins = .success(connections + [ListedConnection(user: "t-nameservice", name: "nameservice publish")])
        return reading
    }

    private func answer(_ process: String?) -> [ServiceReading] {
        let stamp = ServiceStamp(version: "1", at: Timestamp(rawValue: 0), process: process)
        return [
            ServiceReading(
                service: .dispatcher,
                result: .success(.init(stamp: stamp, sent: Timestamp(rawValue: 0), received: Timestamp(rawValue: 0))))
        ]
    }

    private let silence = [
        ServiceReading(service: .dispatcher, result: .failure(ClientError(.serviceUnavailable, "the dispatcher did not answer")))
    ]

    @Test func `the one that answers is, and the others stand by`() {
        let own = "t-dispatcher"
        let three = reading([("host b, process 2", own), ("host a, process 1", own), ("host c, process 3", own)])
        #expect(
            three.dispatcherFindings(grid, answer("host b, process 2")).texts == [
                "ok services: one dispatcher is active (host b, process 2), 2 stand by (host a, process 1; host c, process 3)"
            ])
        #expect(
            reading([("a", own), ("b", own)]).dispatcherFindings(grid, answer("a")).texts == [
                "ok services: one dispatcher is active (a), 1 stands by (b)"
            ])
        #expect(
            reading([("a", own)]).dispatcherFindings(grid, answer("a")).texts == [
                "ok services: one dispatcher is active (a), none stands by"
            ])
    }

    @Test func `those that are not seen are not counted, and one of an earlier version does not say which it is`() {
        let hidden = "ok services: one dispatcher is active (a); the connections of others were not seen"
        #expect(reading([("b", "t-dispatcher")], prefix: "u").dispatcherFindings(grid, answer("a")).texts == [hidden])
        var unread = reading([])
        unread.logins = .failure(ManagementInterface.Failure(reason: "x"))
        #expect(unread.dispatcherFindings(grid, answer("a")).texts == [hidden])
        #expect(unread.dispatcherFindings(grid, silence).isEmpty && unread.strangerFindings(grid).isEmpty)
        #expect(reading([("a", "t-dispatcher")]).dispatcherFindings(grid, answer(nil)).isEmpty)
        #expect(reading([("a", "t-dispatcher")]).dispatcherFindings(grid, []).isEmpty)
    }

    @Test func `none that is active is a problem, which names those that are connected`() {
        let found = reading([("a", "t-dispatcher"), ("b", "t-dispatcher")]).dispatcherFindings(grid, silence)
        #expect(found.texts == ["problem services: no dispatcher is active: a; b are connected"])
    }

    @Test func `one that logs in as another user than its own is a problem where the services have users of their own`() throws {
        let mixed = reading([("a", "t-dispatcher"), ("b", "grid")])
        let finding = try #require(mixed.strangerFindings(grid).first)
        #expect(finding.level == .problem && finding.found.hasPrefix("the dispatcher on b logs in as 'grid'"))
        #expect(mixed.findings(of: grid).contains(finding))
        #expect(reading([("a", "t-dispatcher")]).strangerFindings(grid).isEmpty)
        // A client that calls itself a dispatcher.
        let claim = reading([("a", "t-dispatcher"), ("c", "alice")])
        #expect(claim.strangerFindings(grid).isEmpty)
        #expect(claim.dispatcherFindings(grid, answer("a")).texts == ["ok services: one dispatcher is active (a), none stands by"])
        // Of another grid.
        #expect(reading([("b", "grid")], prefix: "u").strangerFindings(grid).isEmpty)
        // All have one login.
        var one = reading([("b", "grid")])
        one.logins = try .success(one.logins.get().filter { $0.user == "grid" })
        #expect(one.strangerFindings(grid).isEmpty)
    }

    @Test func `one with another store than the active one is a problem, and no standby`() throws {
        func reading(_ stores: [(process: String, store: String?)], prefix: String = "t") -> ManagementReading {
            var reading = ManagementReading.healthy(grid)
            reading.logins = .success(
                stores.map { ListedConnection(user: "t-dispatcher", name: "x", prefix: prefix, process: $0.process, store: $0.store) })
            return reading
        }
        let stray = reading([("a", "1"), ("b", "2"), ("c", "1")])
        let finding = try #require(stray.storeFindings(grid).first)
        #expect(finding.level == .problem && finding.advice?.contains("dispatcher.store") == true)
        #expect(finding.found.hasPrefix("the dispatchers of this grid have different stores: 1 (a; c), 2 (b); "))
        #expect(stray.findings(of: grid).contains(finding))
        #expect(
            stray.dispatcherFindings(grid, answer("a")).texts == ["ok services: one dispatcher is active (a), 1 stands by (c)"])
        // One of an earlier version does not say its store.
        let mixed = reading([("a", "1"), ("b", nil)])
        #expect(mixed.storeFindings(grid).isEmpty)
        #expect(
            mixed.dispatcherFindings(grid, answer("a")).texts == ["ok services: one dispatcher is active (a), 1 stands by (b)"])
        // Of another grid.
        #expect(reading([("a", "1"), ("b", "2")], prefix: "u").storeFindings(grid).isEmpty)
    }

    @Test func `a dispatcher's connection is listed with its grid, its process and its store`() throws {
        let json = """
            {"user": "u", "client_properties": {"connection_name": "c", "prefix": "t", "process": "host a, process 1", "store": "s"}}
            """
        let listed = try JSONDecoder().decode(ListedConnection.self, from: Data(json.utf8))
        #expect(listed == ListedConnection(user: "u", name: "c", prefix: "t", process: "host a, process 1", store: "s"))
    }
}
