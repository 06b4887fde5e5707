import CRabbitMQ
import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

@Suite("The frames that this side writes")
struct FrameEncoderTests {
    static let everything = BasicProperties(
        contentType: "text/plain",
        headers: [
            "bool": true, "int": .int(.min), "double": .double(-1.5), "string": "grüß", "bytes": .bytes(Data([0, 255])),
            "timestamp": .timestamp(.max), "void": .void, "array": .array([1, "x", .array([]), .table([:])]),
            "table": .table(["nested": .table(["deep": false])]), "": "a name may be empty",
        ],
        isPersistent: true, priority: 255, correlationID: "c", replyTo: "r", expiration: .milliseconds(3000), messageID: "m",
        timestamp: .max, type: "t", userID: "u", appID: "a"
    )

    @Test func `a message names the connection's user, unless it names one itself`() throws {
        func encoded(_ userID: String?, by user: String?) -> [UInt8] {
            var encoder = FrameEncoder(maximumFrameSize: 4096, user: user)
            let message = Message(properties: BasicProperties(userID: userID, appID: "a"))
            encoder.publish(Publication(exchange: "x", routingKey: "k", message: message), channel: 7)
            return encoder.take()
        }
        #expect(encoded(nil, by: "u") == encoded("u", by: nil))
        #expect(encoded("other", by: "u") == encoded("other", by: nil))
        #expect(encoded(nil, by: nil) != encoded("u", by: nil))
    }

    private func encoded(_ publication: Publication, frameSize: Int) -> [UInt8] {
        var encoder = FrameEncoder(maximumFrameSize: frameSize)
        encoder.publish(publication, channel: 7)
        return encoder.take()
    }

    /// The bytes that librabbitmq's own `amqp_basic_publish` sends.
    private func reference(_ publication: Publication, frameSize: Int) throws -> [UInt8] {
        let arena = Arena()
        var properties = arena.properties(publication.message.properties)
        return try withExtendedLifetime(arena) {
            try Library(frameSize: frameSize).written { state in
                let status = amqp_basic_publish(
                    state, 7, arena.bytes(publication.exchange.utf8), arena.bytes(publication.routingKey.utf8),
                    publication.isMandatory ? 1 : 0, 0, &properties, arena.bytes(publication.message.body)
                )
                #expect(status == 0)
            }
        }
    }

    private func expectEqual(_ publication: Publication, frameSize: Int = 4096, _ comment: Comment? = nil) throws {
        #expect(encoded(publication, frameSize: frameSize) == (try reference(publication, frameSize: frameSize)), comment)
    }

    @Test(arguments: [true, false])
    func `a publish with no property, and with all, is librabbitmq's to the byte`(isMandatory: Bool) throws {
        for properties in [BasicProperties(), BasicProperties(isPersistent: true), Self.everything] {
            let message = Message(properties: properties, body: Data("body".utf8))
            try expectEqual(Publication(exchange: "e", routingKey: "k", message: message, isMandatory: isMandatory))
        }
    }

    @Test(arguments: [0, 1, 254, 255]) func `short strings of 0 and of 255 bytes are librabbitmq's to the byte`(length: Int) throws {
        let text = String(repeating: "x", count: length)
        let properties = BasicProperties(contentType: text, headers: [text: .string(text)], correlationID: text, type: text)
        try expectEqual(Publication(exchange: text, routingKey: text, message: Message(properties: properties)))
    }

    @Test(arguments: [0, 1, 4087, 4088, 4089, 8176, 8177, 20_000]) func `bodies are cut where librabbitmq cuts them`(size: Int) throws {
        let body = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        try expectEqual(Publication(exchange: "e", routingKey: "k", message: Message(body: body)))
    }

    @Test func `a body that is a slice of another is written from its own start`() throws {
        let body = Data(0...255)[100..<200]
        try expectEqual(Publication(exchange: "e", routingKey: "k", message: Message(body: body)))
    }

    @Test func `any publish is librabbitmq's to the byte`() throws {
        try forAll(200) { generator, seed in
            let message = Message(properties: generator.properties(), body: generator.bytes(0...10_000))
            let publication = Publication(
                exchange: generator.text(), routingKey: generator.text(), message: message, isMandatory: generator.coin()
            )
            try expectEqual(publication, frameSize: 8192, seed)
        }
    }

    @Test func `acks, cancels, consumes, closes and heartbeats are librabbitmq's to the byte`() throws {
        var encoder = FrameEncoder(maximumFrameSize: 4096)
        encoder.ack(.max - 1, multiple: true, channel: 3)
        encoder.ack(1, multiple: false, channel: 65_535)
        encoder.cancel(consumerTag: "tag", channel: 4)
        encoder.consume("queue", consumerTag: "tag", channel: 6)
        encoder.channelCloseOK(channel: 5)
        encoder.connectionCloseOK()
        encoder.heartbeat()
        let arena = Arena()
        let reference = try Library().written { state in
            amqp_basic_ack(state, 3, .max - 1, 1)
            amqp_basic_ack(state, 65_535, 1, 0)
            var cancel = amqp_basic_cancel_t(consumer_tag: arena.bytes("tag".utf8), nowait: 0)
            amqp_send_method(state, 4, 0x003C_001E, &cancel)
            var consume = amqp_basic_consume_t()
            (consume.queue, consume.consumer_tag) = (arena.bytes("queue".utf8), arena.bytes("tag".utf8))
            amqp_send_method(state, 6, 0x003C_0014, &consume)
            var channelClose = amqp_channel_close_ok_t()
            amqp_send_method(state, 5, TASKGRID_CHANNEL_CLOSE_OK, &channelClose)
            var connectionClose = amqp_connection_close_ok_t()
            amqp_send_method(state, 0, TASKGRID_CONNECTION_CLOSE_OK, &connectionClose)
            var heartbeat = amqp_frame_t()
            heartbeat.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
            amqp_send_frame(state, &heartbeat)
        }
        #expect(encoder.take() == reference)
        #expect(encoder.bytes.isEmpty)
    }

    @Test func `librabbitmq reads back what was written, whatever it is`() throws {
        try forAll(200) { generator, seed in
            let message = Message(properties: generator.properties(), body: generator.bytes(0...10_000))
            let bytes = encoded(Publication(exchange: "e", routingKey: "k", message: message), frameSize: 4096)
            var body = Data()
            var headers = 0
            let isRead = try Library(frameSize: 4096).decode(bytes) { channel, frame in
                #expect(channel == 7, seed)
                switch frame {
                case .other(let number): #expect(number == TASKGRID_BASIC_PUBLISH, seed)
                case .header(let size, let properties):
                    headers += 1
                    #expect(size == UInt64(message.body.count), seed)
                    #expect(properties == message.properties, seed)
                case .body(let part): body.append(contentsOf: part)
                default: Issue.record("a \(frame) frame", severity: .error)
                }
            }
            #expect(isRead, seed)
            #expect(headers == 1, seed)
            #expect(body == message.body, seed)
        }
    }
}
