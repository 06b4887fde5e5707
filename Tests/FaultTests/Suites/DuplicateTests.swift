import AMQP
import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Messages that come twice", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct DuplicateTests {
    /// Every message of some tasks comes again, by hand, after their ends; and results that say something else.
    @Test func `work and results that come again change nothing`() async throws {
        try await FaultGrid.run { grid in
            _ = try await grid.start()
            let type = FaultGrid.fault
            let (work, results) = (grid.topology.work, grid.topology.results)
            let tap = try Tap(grid, [work, results], key: type.name)
            try await tap.during {
                let submitted = try await grid.submit(["one", "sleep 0.2", "fail-first"], each: 1)
                for submitted in submitted { _ = try await grid.client.outcome(of: submitted.ids[0], within: .seconds(60)) }
                // Four attempts in all, and what was said of each; several may have travelled together.
                let said = try await tap.messages(results) { try $0.reduce(0) { try $0 + Results($1).items.count } == 4 }
                let works = try await tap.messages(work) { try $0.reduce(0) { try $0 + Work($1).items.count } == 4 }
                let runs = grid.runs.begun.count
                for message in said {
                    var forged = message
                    forged.body = Data("forged".utf8)
                    for message in [message, forged] { try await grid.probe.say(results, type.name, message) }
                }
                for message in works { try await grid.probe.say(work, type.name, message) }
                // The worker runs them again: it cannot know. Behind their results comes that of another task.
                try await grid.runs.begun(runs + 4)
                let later = try await grid.submit(["later"])
                let endings = try await grid.settle(submitted + later)
                #expect(endings.values.allSatisfy { $0.state == .succeeded })
                #expect(endings.values.allSatisfy { $0.result != Data("forged".utf8) })
            }
        }
    }

    /// A work message comes twice while its task runs: two run, one end.
    @Test func `a task that runs twice at a time ends once`() async throws {
        try await FaultGrid.run { grid in
            _ = try await grid.start()
            let type = FaultGrid.fault
            let work = grid.topology.work
            let tap = try Tap(grid, [work], key: type.name)
            try await tap.during {
                let hold = try Hold(at: grid.file("hold"))
                let submitted = try await grid.submit([hold.payload])
                try await grid.runs.begun(1)
                let message = try #require(try await tap.messages(work) { $0.count == 1 }.first)
                try await grid.probe.say(work, type.name, message)
                try await grid.runs.begun(2)
                hold.release()
                try await grid.runs.ended(2)
                let endings = try await grid.settle(submitted + grid.submit(["later"]))
                #expect(endings.values.allSatisfy { $0.state == .succeeded && $0.attempt == 1 })
            }
        }
    }

    @Test func `an idempotency key is accepted once, also across a restart`() async throws {
        try await FaultGrid.run { grid in
            let (dispatcher, _) = try await grid.start()
            let type = FaultGrid.fault
            let tap = try Tap(grid, [grid.topology.submit], key: type.name)
            try await tap.during {
                let options = TaskOptions(key: "order-17", deadline: .seconds(60))
                let first = try await grid.client.submit(type, payload: Data("one".utf8), options: options)
                #expect(try await grid.client.submit(type, payload: Data("one".utf8), options: options) == first)
                try await dispatcher.kill()
                #expect(try await grid.client.submit(type, payload: Data("one".utf8), options: options) == first)
                // The very message, as a broker does that did not get the acknowledgement.
                let message = try #require(try await tap.messages(grid.topology.submit) { !$0.isEmpty }.first)
                try await grid.probe.say(grid.topology.submit, type.name, message)
                // Another client, which knows nothing of the first.
                let other = GridClient(endpoint: try Endpoint(url: grid.broker), topology: grid.topology, logger: grid.logger)
                try await other.start(within: .seconds(30))
                let again = try await other.submitAndWatch(type, payloads: [Data("one".utf8)], options: options)
                #expect(again.ids == [first])
                for try await ending in again.endings { #expect(ending.state == .succeeded) }
                await other.close()
                #expect(try await grid.counters().submitted == 1)
                #expect(try await grid.counters().succeeded == 1)
                #expect(grid.runs.attempts[first]?.count == 1)
            }
        }
    }
}
