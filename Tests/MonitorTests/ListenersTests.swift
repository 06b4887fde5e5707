import AMQP
import Foundation
import Health
import Hummingbird
import HummingbirdTesting
import TaskGridCore
import TestSupport
import Testing

@testable import Monitor

/// `/events` over real connections.
@Suite(.timeLimit(.minutes(1))) struct ListenersTests {
    private let board = Board(topology: Topology(prefix: "t"), now: { .start })

    /// Runs a server of the events alone beside `body`, which is given its port.
    private func serve(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let web = WebServer(
            gets: ["/events": EventsRoute(broadcast: board.broadcast, page: StatisticsPage(board: board)).get], host: "127.0.0.1", port: 0,
            of: "the test", logger: .silent,
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
        while !isEnough(board.broadcast.listeners), !Task.isCancelled { await Task.yield() }
    }

    private func listen(_ port: Int) async throws -> String {
        let configuration = TestClient.Configuration(timeout: .seconds(50))
        return try await TestClient.withClient(host: "127.0.0.1", port: port, configuration: configuration) { client in
            String(buffer: try #require(try await client.get("/events").body))
        }
    }

    @Test func manyListenersAllGetTheSame() async throws {
        try await serve { [board] port in
            let told = try await withThrowingTaskGroup(of: String.self, returning: [String].self) { group in
                for _ in 0..<40 { group.addTask { try await listen(port) } }
                await listeners { $0 == 40 }
                for number in 1...20 {
                    let event = GridEvent(kind: .warning, service: "s", at: .start, message: "\(number)")
                    try board.take(.event(event), exchange: board.topology.events.name, key: "grid.warning")
                    board.broadcast.tell(stats: Data("{\(number)}".utf8))
                }
                board.broadcast.end()
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(told.count == 40)
            for text in told {
                #expect(text.hasPrefix("retry: 2000\n\n"))
                for number in 1...20 { #expect(text.contains("\"message\":\"\(number)\"")) }
                #expect(text.contains("data: {20}\n\n"))
            }
            await listeners { $0 == 0 }
        }
    }

    @Test func aConnectionThatGoesGivesItsPlaceBack() async throws {
        try await serve { [board] port in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(UInt16(port)).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            #expect(connected == 0)
            let request = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n"
            #expect(send(descriptor, request, request.utf8.count, 0) == request.utf8.count)
            await listeners { $0 == 1 }
            close(descriptor)
            // What is told next cannot be delivered, which is how the server learns that nobody is there.
            while board.broadcast.listeners > 0, !Task.isCancelled {
                board.broadcast.keepAlive()
                await Task.yield()
            }
            #expect(board.broadcast.listeners == 0)
        }
    }

    @Test func alertsAreToldAsTheyStartAndEnd() async throws {
        var event = TaskEvent.sample([.succeeded: 1])
        event.breaker = .open
        let listener = try #require(board.broadcast.listen(after: nil, stats: Data("{}".utf8)))
        let well = [ConnectionReading(name: "c", state: .connected, since: .now, wasConnected: true)]
        try board.take(.event(event), exchange: board.topology.events.name, key: "task.reverse")
        board.look(at: well)
        board.look(at: well)
        #expect(StatisticsReport(board.current, at: .start).alerts.map(\.kind) == [.breakerOpen])
        #expect(StatisticsReport(board.current, at: .start).broker == BrokerReport(connected: true))
        event.breaker = .closed
        event.at = .after(1)
        try board.take(.event(event), exchange: board.topology.events.name, key: "task.reverse")
        board.look(at: well)
        board.broadcast.end()
        var told = ""
        for try await blocks in listener.mailbox.deliveries { told += blocks.map(String.init(buffer:)).joined() }
        let alerts = told.split(separator: "\n").filter { $0.contains("\"kind\":\"breaker_open\"") }
        #expect(alerts.map { $0.contains("\"active\":true") } == [true, false])
    }

    @Test func roundsTellTheStatisticsOnceForAll() async throws {
        let rounds = Rounds(board: board, page: StatisticsPage(board: board)) { [] }
        rounds.make(1)
        let listener = try #require(board.broadcast.listen(after: nil, stats: Data("{}".utf8)))
        rounds.make(2)
        rounds.make(Rounds.keepAlive)
        board.broadcast.end()
        var told = ""
        for try await blocks in listener.mailbox.deliveries { told += blocks.map(String.init(buffer:)).joined() }
        #expect(told.contains("event: stats\ndata: {\"active_workers\":0,"))
        #expect(told.hasSuffix(": keep\n\n"))
        #expect(told.contains("\"broker\":{"))
    }
}
