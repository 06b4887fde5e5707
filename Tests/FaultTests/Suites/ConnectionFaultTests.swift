import Foundation
import LocalGrid
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("Connections that break", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct ConnectionFaultTests {
    enum Fault: String, CaseIterable, Sendable {
        case cut, reset
        case cutWithinAFrameOfTheService = "cut within a frame of the service"
        case cutWithinAFrameOfTheBroker = "cut within a frame of the broker"
        case stalled
        case stalledTowardTheBroker = "stalled toward the broker"
        case stalledTowardTheService = "stalled toward the service"
    }

    enum Victim: String, CaseIterable, Sendable { case dispatcher, worker }

    @Test(arguments: Fault.allCases, Victim.allCases) func `tasks under way end once though a connection breaks`(
        _ fault: Fault, _ victim: Victim
    ) async throws {
        try await FaultGrid.run { grid in
            let broker = try #require(URLComponents(string: grid.broker))
            let (ended, links) = (Journal<Int>(), Journal<Int>())
            let proxy = try Proxy(port: try #require(broker.port)) { event in
                switch event {
                case .joined(let number): links.add(number)
                case .ended(let number): ended.add(number)
                case .refused: break
                }
            }
            defer { proxy.stop() }
            // Silence is noticed after two intervals.
            var url = broker
            url.port = proxy.port
            url.query = "heartbeat=1"
            let through = url.string
            let dispatcher = grid.launch(.dispatcher, broker: victim == .dispatcher ? through : nil)
            try await dispatcher.ready()
            let worker = grid.launchWorker(broker: victim == .worker ? through : nil)
            try await worker.ready()
            try await grid.knows(FaultGrid.fault)
            let before = try await grid.submit((0..<60).map { _ in "sleep 0.1" }, each: 10)
            try await grid.runs.begun(8)

            let began = ContinuousClock.now
            let joined = links.count
            switch fault {
            case .cut: proxy.cut()
            case .reset: proxy.reset()
            case .cutWithinAFrameOfTheService: proxy.cutMidFrame(.towardBroker)
            case .cutWithinAFrameOfTheBroker: proxy.cutMidFrame(.towardClient)
            case .stalled, .stalledTowardTheBroker, .stalledTowardTheService:
                let directions: [Fault: Set<Proxy.Direction>] = [
                    .stalledTowardTheBroker: [.towardBroker], .stalledTowardTheService: [.towardClient],
                ]
                for link in 1...joined { proxy.stall(directions[fault] ?? [.towardBroker, .towardClient], .number(link)) }
            }
            // Both connections of the process are made anew.
            try await links.wait(beyond: joined + 1)
            let endings = try await grid.settle(before + grid.submit(["after"]), repeats: victim == .dispatcher)
            report("connections of the \(victim.rawValue) \(fault.rawValue), until all has ended", .now - began)
            #expect(endings.values.allSatisfy { $0.state == .succeeded })
            #expect(dispatcher.endings.isEmpty && worker.endings.isEmpty)
        }
    }
}
