import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

@Suite("Frames are put together to messages")
struct ContentAssemblerTests {
    private typealias Violation = ContentAssembler.Violation

    private func deliver(_ tag: UInt64) -> BrokerFrame {
        .deliver(consumerTag: "c", tag: tag, isRedelivered: false, exchange: "e", routingKey: "k")
    }

    private let returned = BrokerFrame.returned(code: 312, text: "NO_ROUTE", exchange: "e", routingKey: "k")

    private func header(_ size: Int, _ properties: BasicProperties = BasicProperties()) -> BrokerFrame {
        .header(bodySize: UInt64(size), properties: properties)
    }

    private func add(_ frame: BrokerFrame, _ assembler: inout ContentAssembler) throws -> ContentAssembler.Content? {
        try assembler.take(frame)
    }

    /// Takes a body's bytes in memory that is overwritten afterwards, as the library's is.
    private func take(_ bytes: some Collection<UInt8>, _ assembler: inout ContentAssembler) throws -> ContentAssembler.Content? {
        var memory = Array(bytes)
        defer { for index in memory.indices { memory[index] = 0xEE } }
        return try memory.withUnsafeBytes { bytes in try assembler.take(.body(bytes)) }
    }

    @Test func `a method, a header and as many bodies as the header asks for make a message; then the next may begin`() throws {
        var assembler = ContentAssembler()
        let properties = BasicProperties(messageID: "m")
        for tag in 1...3 as ClosedRange<UInt64> {
            #expect(try add(deliver(tag), &assembler) == nil)
            #expect(try add(header(5, properties), &assembler) == nil)
            #expect(try take([1, 2], &assembler) == nil)
            #expect(try take([], &assembler) == nil)
            #expect(try take([3], &assembler) == nil)
            let content = try #require(try take([4, 5], &assembler))
            #expect(content.message == Message(properties: properties, body: Data([1, 2, 3, 4, 5])))
            guard case .deliver(_, tag, _, _, _) = content.method else {
                Issue.record("the method is \(content.method)")
                return
            }
        }
    }

    @Test func `a message without a body is whole with its header`() throws {
        var assembler = ContentAssembler()
        for _ in 1...2 {
            #expect(try add(returned, &assembler) == nil)
            let content = try #require(try add(header(0, BasicProperties(type: "t")), &assembler))
            #expect(content.message == Message(properties: BasicProperties(type: "t")))
            guard case .returned(312, "NO_ROUTE", "e", "k") = content.method else {
                Issue.record("the method is \(content.method)")
                return
            }
        }
    }

    @Test func `a body longer than announced is a violation, in one frame and in several`() throws {
        var assembler = ContentAssembler()
        _ = try assembler.take(deliver(1))
        _ = try assembler.take(header(2))
        #expect(throws: Violation(reason: "a body longer than its header says")) { try take([1, 2, 3], &assembler) }
        assembler = ContentAssembler()
        _ = try assembler.take(deliver(1))
        _ = try assembler.take(header(2))
        _ = try take([1], &assembler)
        #expect(throws: Violation.self) { try take([2, 3], &assembler) }
    }

    @Test func `a header that announces more than memory holds reserves no such memory`() throws {
        var assembler = ContentAssembler()
        _ = try assembler.take(deliver(1))
        _ = try assembler.take(.header(bodySize: .max, properties: BasicProperties()))
        #expect(try take([1], &assembler) == nil)
    }

    @Test func `each frame out of its order is a violation that says what was due`() throws {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let orders: [([BrokerFrame], String)] = [
            ([.body(nothing)], "a body frame where a method was due"),
            ([header(1)], "a header frame where a method was due"),
            ([.ack(tag: 1, multiple: false)], "a method frame where a method was due"),
            ([deliver(1), .body(nothing)], "a body frame where a content header was due"),
            ([deliver(1), deliver(2)], "a method frame where a content header was due"),
            ([deliver(1), header(1), header(1)], "a header frame where a content body was due"),
            ([returned, header(1), returned], "a method frame where a content body was due"),
            ([deliver(1), header(0), .body(nothing)], "a body frame where a method was due"),
        ]
        for (frames, reason) in orders {
            var assembler = ContentAssembler()
            for frame in frames.dropLast() { _ = try assembler.take(frame) }
            #expect(throws: Violation(reason: reason)) { try add(frames[frames.count - 1], &assembler) }
        }
    }

    @Test func `any split of a body comes together, and channels that take turns do not mix`() throws {
        try forAll { generator, seed in
            var assemblers = [ContentAssembler(), ContentAssembler(), ContentAssembler()]
            let bodies = assemblers.indices.map { _ in generator.bytes(0...300) }
            var whole: [Message?] = []
            var rest: [Data] = bodies
            for index in assemblers.indices {
                #expect(try add(deliver(UInt64(index)), &assemblers[index]) == nil, seed)
                whole.append(try assemblers[index].take(header(bodies[index].count))?.message)
            }
            while let index = rest.indices.filter({ whole[$0] == nil }).randomElement(using: &generator) {
                let part = rest[index].prefix(generator.number(0...50))
                rest[index] = rest[index].dropFirst(part.count)
                whole[index] = try take(part, &assemblers[index])?.message
                #expect((whole[index] != nil) == rest[index].isEmpty, seed)
                if rest[index].isEmpty, whole[index] == nil { break }
            }
            #expect(whole == bodies.map { Message(body: $0) }, seed)
        }
    }
}

extension ContentAssembler.Content: Equatable {
    static func == (left: Self, right: Self) -> Bool {
        left.message == right.message && "\(left.method)" == "\(right.method)"
    }
}
