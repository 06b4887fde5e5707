import AMQP
import Foundation
import Hummingbird
import HummingbirdTesting
import TaskGridCore
import TestSupport
import Testing
import WebSupport

@testable import Monitor

/// `/events` over real connections.
@Suite(.timeLimit(.minutes(1))) struct ListenersTests {
    private let grid = GridState(topology: Topology(prefix: "t"), now: { .start })

    /// Runs a server of the events, and of `others`, beside `body`, which is given its port.
    private func serve(_ others: [Route] = [], _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let web = WebServer(
            others + [.events(grid)], host: "127.0.0.1", port: 0, hosts: AllowedHosts([], key: "hosts"), of: "the test", logger: .silent,
            onListening: { port.yield($0) }
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await web.run() }
            try await body(try #require(await ports.first { _ in true }))
            tasks.cancelAll()
        }
    }

    /// Nothing but the number of listeners tells that they have come or gone.
    private func listeners(_ isEnough: (Int) -> Bool) async {
        while !isEnough(grid.broadcast.listeners), !Task.isCancelled { await Task.yield() }
    }

    private func listen(_ port: Int) async throws -> String {
        let configuration = TestClient.Configuration(timeout: .seconds(50))
        return try await TestClient.withClient(host: "127.0.0.1", port: port, configuration: configuration) { client in
            String(buffer: try #require(try await client.ask("/events").body))
        }
    }

    @Test func `many listeners all get the same`() async throws {
        try await serve { [grid] port in
            let told = try await withThrowingTaskGroup(of: String.self, returning: [String].self) { group in
                for _ in 0..<40 { group.addTask { try await listen(port) } }
                await listeners { $0 == 40 }
                for number in 1...20 {
                    let event = GridEvent(kind: .warning, service: "s", at: .start, message: "\(number)")
                    try grid.apply(.event(event), exchange: grid.topology.events.name, key: "grid.warning")
                    grid.broadcast.send(LiveView(head: Data("{\(number)}".utf8)))
                }
                grid.broadcast.end()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(told.count == 40)
            for text in told {
                #expect(text.hasPrefix("retry: 2000\n\n"))
                for number in 1...20 { #expect(text.contains("\"message\":\"\(number)\"")) }
                // As a change, or for one that did not take the change before with all that is shown.
                #expect(text.contains("data: {20}\n\n") || text.contains("data: {20,"))
            }
            await listeners { $0 == 0 }
        }
    }

    @Test func `a closed connection makes room for another`() async throws {
        try await serve { [grid] port in
            let wire = try Wire(port)
            try wire.get("/events")
            await listeners { $0 == 1 }
            wire.end()
            // The next event cannot be delivered, which is how the server learns that nobody is there.
            while grid.broadcast.listeners > 0, !Task.isCancelled {
                grid.broadcast.keepAlive()
                await Task.yield()
            }
            #expect(grid.broadcast.listeners == 0)
        }
    }

    @Test func `one listener too many gets 503, and the others listen on`() async throws {
        try await serve { [grid] port in
            let wires = try (0..<Broadcast.maximumListeners).map { _ in try Wire(port) }
            for wire in wires { try wire.get("/events") }
            await listeners { $0 == Broadcast.maximumListeners }

            let late = try Wire(port)
            try late.get("/events")
            let refusal = await late.answer()
            #expect(refusal.hasPrefix("HTTP/1.1 503 "))
            #expect(refusal.lowercased().contains("retry-after: 5\r\n") && refusal.contains("application/problem+json"))
            #expect(refusal.contains("256 listen already, which is the most; try again later"))

            grid.broadcast.send(LiveView(head: Data("{\"all\":1}".utf8)))
            for wire in wires {
                let told = await wire.read { $0.contains("data: {\"all\":1") }
                #expect(told.hasPrefix("HTTP/1.1 200 OK\r\n") && told.contains("data: {\"all\":1"))
            }

            wires[7].end()
            while grid.broadcast.listeners == Broadcast.maximumListeners, !Task.isCancelled {
                grid.broadcast.keepAlive()
                await Task.yield()
            }
            try late.get("/events")
            let told = await late.read { $0.contains("event: stats\n") }
            #expect(told.hasPrefix("HTTP/1.1 200 OK\r\n"))
            for wire in wires { wire.end() }
        }
    }

    @Test func `one connection too many gets 503, and the others go on`() async throws {
        let (asked, latch) = (Journal<Void>(), Latch())
        let wait = Route(.get, "/wait", id: "wait", summary: "Waits.", access: .open, content: .text([])) { _ in
            asked.add(())
            try await latch.wait()
            return .json(["waited": true])
        }
        try await serve([wait]) { port in
            let wires = try (0..<384).map { _ in try Wire(port) }
            for wire in wires { try wire.get("/wait") }
            try await asked.wait(beyond: wires.count - 1)

            for path in ["/wait", "/events"] {
                let late = try Wire(port)
                try late.get(path)
                // All of it, because it is then closed.
                let refusal = await late.read()
                #expect(refusal.hasPrefix("HTTP/1.1 503 "))
                #expect(refusal.lowercased().contains("retry-after: 5\r\n") && refusal.lowercased().contains("connection: close\r\n"))
                #expect(refusal.contains("384 connections from this address are open already, which is the most; try again later"))
            }
            // One that asks for nothing is closed too.
            let silent = try Wire(port)
            #expect(await silent.read() == "")
            #expect(asked.count == wires.count)

            latch.open()
            for wire in wires { #expect(await wire.answer().hasSuffix("{\"waited\":true}\n")) }

            wires[7].end()
            // Nothing but an answer tells when the server has seen that it left.
            while !Task.isCancelled {
                let late = try Wire(port)
                try late.get("/wait")
                if await late.answer().hasPrefix("HTTP/1.1 200 OK\r\n") { break }
            }
            for wire in wires { wire.end() }
        }
    }

    @Test func `a listener that reads nothing is dropped, and the others get everything`() async throws {
        try await serve { [grid] port in
            let (slow, quick) = (try Wire(port, room: 4096), try Wire(port))
            for wire in [slow, quick] { try wire.get("/events") }
            await listeners { $0 == 2 }
            // The snapshot that it gets at once, so that all that follows are changes.
            _ = await quick.read { $0.contains("event: stats\n") && $0.hasSuffix("\n\n\r\n") }
            // More than the system keeps for the one that takes nothing; the other takes it as it comes.
            let told = String(repeating: "x", count: 64 << 10)
            func tell(_ number: Int) async {
                grid.broadcast.send(LiveView(head: Data("{\"\(told)\":\(number)}".utf8)))
                // With the end of the chunk that it came in.
                let end = "\":\(number)}\n\n\r\n"
                #expect(await quick.read { $0.hasSuffix(end) }.hasSuffix(end))
            }
            var count = 0
            // Until it is dropped; the other has taken each before the next is told.
            while grid.broadcast.listeners == 2 || count < 200, !Task.isCancelled {
                count += 1
                await tell(count)
            }
            #expect(grid.broadcast.listeners == 1)
            // It gets only the events that it had not taken before.
            let rest = await slow.read()
            #expect(rest.hasPrefix("HTTP/1.1 200 OK\r\n") && rest.utf8.count < 200 * told.utf8.count)
            quick.end()
        }
    }

    @Test func `alerts are published as they start and end`() async throws {
        var event = TypeEvent.sample([.succeeded: 1, .pending: 1])
        event.breaker = .open
        let listener = try #require(grid.broadcast.listen(after: nil, view: LiveView(head: Data("{}".utf8))))
        let well = [ConnectionReading(name: "c", state: .connected, since: .now, wasConnected: true)]
        try grid.apply(.event(event), exchange: grid.topology.events.name, key: "task.reverse")
        grid.updateAlerts(connections: well)
        grid.updateAlerts(connections: well)
        #expect(StatisticsReport(grid.current, at: .start).alerts.map(\.kind) == [.breakerOpen])
        #expect(StatisticsReport(grid.current, at: .start).head.broker == BrokerReport(connected: true))
        event.breaker = .closed
        event.at = .after(1)
        try grid.apply(.event(event), exchange: grid.topology.events.name, key: "task.reverse")
        grid.updateAlerts(connections: well)
        grid.broadcast.end()
        var told = ""
        for try await blocks in listener.buffer.deliveries { told += blocks.map(String.init(buffer:)).joined() }
        let alerts = told.split(separator: "\n").filter { $0.contains("\"kind\":\"breaker_open\"") }
        #expect(alerts.map { $0.contains("\"active\":true") } == [true, false])
    }

    @Test func `what two nameservices tell of a worker is told once`() async throws {
        let listener = try #require(grid.broadcast.listen(after: nil, view: LiveView(head: Data("{}".utf8))))
        for kind in [WorkerEvent.Kind.joined, .joined, .left, .left] {
            let event = WorkerEvent(kind: kind, at: .start, worker: .sample("a"))
            try grid.apply(.event(event), exchange: grid.topology.events.name, key: "worker.\(kind.rawValue)")
        }
        grid.broadcast.end()
        var told = ""
        for try await blocks in listener.buffer.deliveries { told += blocks.map(String.init(buffer:)).joined() }
        #expect(told.split(separator: "\n").count { $0 == "event: worker" } == 2)
        #expect(told.contains("\"kind\":\"joined\"") && told.contains("\"kind\":\"left\""))
    }

    @Test func `the statistics are encoded once for all listeners`() async throws {
        let ticker = MonitorTicker(grid: grid, logger: .silent) { [] }
        ticker.tick(1)
        let listener = try #require(grid.broadcast.listen(after: nil, view: LiveView(head: Data("{}".utf8))))
        ticker.tick(2)
        ticker.tick(MonitorTicker.keepAlive)
        grid.broadcast.end()
        var told = ""
        for try await blocks in listener.buffer.deliveries { told += blocks.map(String.init(buffer:)).joined() }
        #expect(told.contains("event: stats\ndata: {\"active_workers\":null,"))
        #expect(told.hasSuffix(": keep\n\n"))
        #expect(told.contains("\"broker\":{"))
    }
}
