import Foundation
import NIOCore
import TaskGridCore
import Testing

@testable import Monitor

@Suite(.timeLimit(.minutes(1))) struct BroadcastTests {
    private let broadcast = Broadcast(since: Timestamp(rawValue: 5))

    private struct Note: Encodable {
        var text: String
    }

    private func listen(after last: UInt64?) -> Listener? { broadcast.listen(after: last, view: LiveView(head: Data("{}".utf8))) }

    /// All that waits for a listener now.
    private func next(_ listener: Listener) async throws -> String {
        for try await blocks in listener.buffer.deliveries where !blocks.isEmpty { return blocks.map(String.init(buffer:)).joined() }
        return "the end"
    }

    @Test func `an event is a block of lines`() async throws {
        let listener = try #require(listen(after: nil))
        #expect(try await next(listener) == "id: 5000\nevent: stats\ndata: {}\n\n")
        broadcast.send(.grid, Note(text: "a\nb"))
        #expect(try await next(listener) == "id: 5001\nevent: grid\ndata: {\"text\":\"a\\nb\"}\n\n")
        broadcast.keepAlive()
        #expect(try await next(listener) == ": keep\n\n")
    }

    @Test func `only the latest statistics wait for a listener`() async throws {
        let listener = try #require(listen(after: nil))
        for text in ["{1}", "{2}"] { broadcast.send(LiveView(head: Data(text.utf8))) }
        broadcast.send(.worker, Note(text: "w"))
        let told = try await next(listener)
        #expect(told == "id: 5002\nevent: stats\ndata: {2}\n\nid: 5003\nevent: worker\ndata: {\"text\":\"w\"}\n\n")
    }

    @Test func `events come in the order of their ids`() async throws {
        let listener = try #require(listen(after: nil))
        _ = try await next(listener)
        broadcast.send(.worker, Note(text: "a"))
        broadcast.send(LiveView(head: Data("{1}".utf8)))
        broadcast.send(.worker, Note(text: "b"))
        broadcast.send(LiveView(head: Data("{2}".utf8)))
        broadcast.send(.worker, Note(text: "c"))
        let numbers = try await next(listener).split(separator: "\n").filter { $0.hasPrefix("id: ") }
        #expect(numbers == ["id: 5001", "id: 5003", "id: 5004", "id: 5005"])
    }

    @Test func `a client that reconnects gets the events that it missed and the latest statistics`() async throws {
        for number in 1...4 { broadcast.send(.alert, Note(text: "\(number)")) }
        broadcast.send(LiveView(head: Data("{old}".utf8)))
        let told = try await next(try #require(listen(after: 5002)))
        #expect(told.contains("id: 5003\n") && told.contains("id: 5004\n") && !told.contains("id: 5002\n"))
        // In the order of their numbers: one that leaves after any of them comes back and has missed none.
        #expect(told.hasSuffix("id: 5005\nevent: stats\ndata: {}\n\n"))
        let new = try await next(try #require(listen(after: nil)))
        #expect(new == "id: 5005\nevent: stats\ndata: {}\n\n")
        // One that comes from an earlier run of the monitor.
        #expect(try await next(try #require(listen(after: 17))).contains("id: 5001\n"))
    }

    @Test func `kept events are bounded`() async throws {
        for number in 1...5050 { broadcast.send(.grid, Note(text: "\(number)")) }
        let told = try await next(try #require(listen(after: 0)))
        // And the statistics.
        #expect(told.split(separator: "\n\n").count == Broadcast.memory + 1)
        #expect(told.contains("{\"text\":\"5050\"}\n\n"))
    }

    @Test func `listeners are bounded, and one that leaves makes room for another`() throws {
        var listeners: [Listener] = []
        for _ in 0..<Broadcast.maximumListeners { listeners.append(try #require(listen(after: nil))) }
        #expect(listen(after: nil) == nil)
        listeners.removeLast()
        #expect(broadcast.listeners == Broadcast.maximumListeners - 1)
        #expect(listen(after: nil) != nil)
        listeners = []
        #expect(broadcast.listeners == 0)
    }

    @Test func `a slow listener is dropped`() async throws {
        let slow = try #require(listen(after: nil))
        let quick = try #require(listen(after: nil))
        for number in 0...ListenerBuffer.maximumWaiting {
            broadcast.send(.grid, Note(text: "\(number)"))
            if number == 700 { _ = try await next(quick) }
        }
        await #expect(throws: SlowListener.self) { _ = try await next(slow) }
        #expect(try await next(quick).contains("\"701\""))
    }

    @Test func `all streams end with the broadcast`() async throws {
        let listener = try #require(listen(after: nil))
        _ = try await next(listener)
        broadcast.end()
        #expect(try await next(listener) == "the end")
        let late = try #require(listen(after: nil))
        _ = try await next(late)
        #expect(try await next(late) == "the end")
    }
}
