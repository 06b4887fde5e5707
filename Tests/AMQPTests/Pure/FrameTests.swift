import CRabbitMQ
import Foundation
import LocalGrid
import Polling
import TaskGridCore
import Testing

@testable import AMQP

@Suite("The frames that the broker writes")
struct FrameTests {
    /// A frame in words.
    private func read(_ frame: WireFrame) throws -> String? {
        var text: String?
        let isRead = try Library().decode(frame.bytes) { channel, frame in
            #expect(text == nil)
            text = "\(channel) \(frame)"
        }
        return isRead ? text : nil
    }

    private func expect(_ frame: WireFrame, _ expected: BrokerFrame) throws {
        #expect(try read(frame) == "\(frame.channel) \(expected)")
    }

    @Test func `each method that this side acts on is read with all its fields`() throws {
        let short = WireFrame.short
        let eight = WireFrame.big(UInt64.max - 7)
        try expect(
            .method(3, .basicDeliver, short("tag") + eight + [1] + short("e") + short("k")),
            .deliver(consumerTag: "tag", tag: .max - 7, isRedelivered: true, exchange: "e", routingKey: "k")
        )
        try expect(
            .method(3, .basicDeliver, short("tag") + eight + [0] + short("") + short("")),
            .deliver(consumerTag: "tag", tag: .max - 7, isRedelivered: false, exchange: "", routingKey: "")
        )
        try expect(
            .method(1, .basicReturn, WireFrame.big(UInt16(312)) + short("NO_ROUTE") + short("e") + short("k")),
            .returned(code: 312, text: "NO_ROUTE", exchange: "e", routingKey: "k")
        )
        try expect(.method(1, .basicAck, eight + [1]), .ack(tag: .max - 7, multiple: true))
        try expect(.method(1, .basicAck, eight + [0]), .ack(tag: .max - 7, multiple: false))
        try expect(.method(1, .basicNack, eight + [1]), .nack(tag: .max - 7, multiple: true))
        try expect(.method(1, .basicNack, eight + [0]), .nack(tag: .max - 7, multiple: false))
        try expect(.method(4, .basicConsumeOK, short("tag")), .consumeOK(consumerTag: "tag"))
        try expect(.method(4, .basicCancel, short("tag") + [0]), .cancelled(consumerTag: "tag"))
        try expect(.method(4, .basicCancelOK, short("tag")), .cancelOK(consumerTag: "tag"))
        let close = WireFrame.big(UInt16(404)) + short("NOT_FOUND") + [0, 60, 0, 40]
        try expect(.method(5, .channelClose, close), .channelClosed(code: 404, text: "NOT_FOUND"))
        try expect(.method(0, .connectionClose, close), .connectionClosed(code: 404, text: "NOT_FOUND"))
        try expect(.method(0, .connectionBlocked, short("low on memory")), .blocked(reason: "low on memory"))
        try expect(.method(0, .connectionUnblocked), .unblocked)
        try expect(.method(2, MethodID(20, 41)), .channelCloseOK)
        try expect(.method(2, MethodID(50, 21)), .other(0x0032_0015))
        try expect(.heartbeat, .other(8))
    }

    @Test func `every number type of a table is read as an integer or a double, and a text that is not UTF-8 is mended`() throws {
        let big64 = WireFrame.big(UInt64.max)
        let fields: [(String, [UInt8], FieldValue)] = [
            ("b", [0xFF], -1), ("B", [0xFF], 255), ("s", [0xFF, 0xFE], -2), ("u", [0xFF, 0xFE], 65_534),
            ("I", [0xFF, 0xFF, 0xFF, 0xFD], -3), ("i", [0xFF, 0xFF, 0xFF, 0xFD], 4_294_967_293), ("l", big64, -1),
            ("L", big64, .int(.max)), ("f", WireFrame.big(Float(1.5).bitPattern), .double(1.5)), ("D", [2, 0, 0, 0, 7], .void),
            ("t", [7], true), ("S", [0, 0, 0, 2, 0x61, 0xFF], "a\u{FFFD}"),
        ]
        for (kind, bytes, value) in fields {
            let entry = WireFrame.short("n") + kind.utf8 + bytes
            let frame = WireFrame.header(3, bodySize: 0, flags: 1 << 13, properties: WireFrame.big(UInt32(entry.count)) + entry)
            var read: FieldValue?
            try Library().decode(frame.bytes) { _, frame in
                if case .header(_, let properties) = frame { read = properties.headers["n"] }
            }
            #expect(read == value, "kind \(kind)")
        }
    }

    @Test func `properties that this side does not use are passed over`() throws {
        // All fourteen, in the protocol's order.
        let properties =
            WireFrame.short("type") + WireFrame.short("gzip") + [0, 0, 0, 0] + [2, 9] + WireFrame.short("c") + WireFrame.short("r")
            + WireFrame.short("60000") + WireFrame.short("m") + WireFrame.big(UInt64(5)) + WireFrame.short("t") + WireFrame.short("u")
            + WireFrame.short("a") + WireFrame.short("cluster")
        try expect(
            .header(3, bodySize: 12, flags: 0xFFFC, properties: properties),
            .header(
                bodySize: 12,
                properties: BasicProperties(
                    contentType: "type", isPersistent: true, priority: 9, correlationID: "c", replyTo: "r", expiration: .seconds(60),
                    messageID: "m", timestamp: 5, type: "t", userID: "u", appID: "a"
                )
            )
        )
    }

    @Test func `a message with short strings that are not UTF-8 can be published again, as dead letters are`() throws {
        let short: [UInt8] = [255] + [UInt8](repeating: 0xFF, count: 255)
        let entry = short + Array("V".utf8)
        let properties = WireFrame.big(UInt32(entry.count)) + entry + short
        var read: BasicProperties?
        try Library().decode(WireFrame.header(3, bodySize: 0, flags: 1 << 13 | 1 << 7, properties: properties).bytes) { _, frame in
            if case .header(_, let properties) = frame { read = properties }
        }
        let message = Message(properties: try #require(read))
        #expect(message.properties.messageID == String(repeating: "\u{FFFD}", count: 85))
        #expect(message.properties.headers.count == 1)
        try Publication(exchange: "e", routingKey: "k", message: message).check(maximumFrameSize: 131_072)
    }

    @Test func `a header nested to the frame's very end neither ends the process nor is read without bound`() async throws {
        let depth = await LoopThread().run {
            var value: [UInt8] = []
            var levels = 0
            // Written backwards, because each level needs the length of all within it.
            while value.count < 130_000 {
                value += WireFrame.big(UInt32(levels * 5)).reversed() + [UInt8(ascii: "A")]
                levels += 1
            }
            let entry = WireFrame.short("n") + value.reversed()
            let frame = WireFrame.header(3, bodySize: 0, flags: 1 << 13, properties: WireFrame.big(UInt32(entry.count)) + entry)
            var depth = 0
            _ = try? Library().decode(frame.bytes) { _, frame in
                guard case .header(_, let properties) = frame else { return }
                var value = properties.headers["n"]
                while case .array(let values) = value {
                    depth += 1
                    value = values.first
                }
            }
            return depth
        }
        #expect(depth == FieldValue.maximumDepth)
    }

    @Test(arguments: [
        [UInt8](repeating: 0xFF, count: 20), [1, 0, 0, 0, 0, 0, 4, 0, 60, 0, 60, 0xCD], WireFrame.method(1, MethodID(60, 999)).bytes,
        WireFrame.method(1, .basicAck, [1]).bytes, WireFrame(type: 3, payload: .init(repeating: 0, count: 131_072)).bytes,
    ])
    func `bytes that are no frame are refused`(bytes: [UInt8]) throws {
        #expect(try !Library().decode(bytes) { _, frame in Issue.record("read as \(frame)") })
    }
}

/// Runs code on a thread such as a connection's, whose stack is another size than that of a test's.
private actor LoopThread {
    private nonisolated let loop = PollLoop(name: "frames of tests")

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init() {
        loop.join { [weak self] _ in self == nil ? nil : PollLoop.WakeCondition() }
    }

    deinit {
        loop.wake()
    }

    func run<Value: Sendable>(_ body: @Sendable () -> Value) -> Value { body() }
}
