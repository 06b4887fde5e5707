import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import AMQP

@Suite("A publication that AMQP cannot carry")
struct PublicationTests {
    private let long = String(repeating: "é", count: 128)

    private func refusal(
        exchange: String = "e", routingKey: String = "k", _ properties: BasicProperties = BasicProperties(), isMandatory: Bool = false,
        maximumFrameSize: Int = 131_072
    ) -> AMQPError? {
        let publication = Publication(
            exchange: exchange, routingKey: routingKey, message: Message(properties: properties), isMandatory: isMandatory
        )
        do throws(AMQPError) {
            try publication.check(maximumFrameSize: maximumFrameSize)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a short string over 255 bytes is refused by its name, whichever it is`() {
        #expect(refusal(exchange: long)?.message == "the message's exchange has 256 bytes; AMQP carries 255")
        #expect(refusal(routingKey: long)?.message.contains("routing key") == true)
        #expect(refusal(BasicProperties(contentType: long))?.message.contains("content-type") == true)
        #expect(refusal(BasicProperties(correlationID: long))?.message.contains("correlation-id") == true)
        #expect(refusal(BasicProperties(replyTo: long))?.message.contains("reply-to") == true)
        #expect(refusal(BasicProperties(messageID: long))?.message.contains("message-id") == true)
        #expect(refusal(BasicProperties(type: long))?.message.contains("type") == true)
        #expect(refusal(BasicProperties(userID: long))?.message.contains("user-id") == true)
        #expect(refusal(BasicProperties(appID: long))?.message.contains("app-id") == true)
        let most = String(long.dropLast()) + "x"
        #expect(most.utf8.count == 255)
        let properties = BasicProperties(
            contentType: most, headers: [most: .string(long)], correlationID: most, replyTo: most, messageID: most, type: most, appID: most
        )
        #expect(refusal(exchange: most, routingKey: most, properties, isMandatory: true) == nil)
    }

    @Test func `a header's name over 255 bytes is refused at any depth`() {
        for headers: FieldTable in [[long: 1], ["a": .table([long: 1])], ["a": .array([.array([.table(["b": .table([long: 1])])])])]] {
            #expect(refusal(BasicProperties(headers: headers))?.code == .badMessage)
        }
    }

    @Test func `a number that is not finite is refused at any depth, because RabbitMQ closes the connection for it`() {
        for number in [Double.nan, .infinity, -.infinity] {
            #expect(refusal(BasicProperties(headers: ["a": .double(number)]))?.code == .badMessage)
            #expect(refusal(BasicProperties(headers: ["a": .array([.table(["b": .double(number)])])]))?.code == .badMessage)
        }
        #expect(refusal(BasicProperties(headers: ["a": .double(1e300)])) == nil)
    }

    @Test func `headers that do not fit a frame are refused, and those that pass do fit`() throws {
        func headers(_ size: Int) -> BasicProperties { BasicProperties(headers: ["a": .bytes(Data(count: size))]) }
        #expect(refusal(headers(131_072))?.code == .badMessage)
        #expect(refusal(headers(8192), maximumFrameSize: 8192)?.code == .badMessage)
        let parts = BasicProperties(headers: ["a": .array(Array(repeating: .table(["k": .void]), count: 131_072))])
        #expect(refusal(parts)?.code == .badMessage)
        // The estimate never says less than what is written.
        try forAll(100) { generator, seed in
            let frameSize = 4096 + generator.number(1...800)
            let properties = generator.properties()
            guard refusal(properties, maximumFrameSize: frameSize) == nil else { return }
            var encoder = FrameEncoder(maximumFrameSize: frameSize)
            encoder.publish(Publication(exchange: "", routingKey: "", message: Message(properties: properties)), channel: 1)
            var bytes = encoder.take()
            while let frame = WireFrame.take(from: &bytes) { #expect(frame.bytes.count <= frameSize, seed) }
            try #require(bytes.isEmpty, seed)
        }
    }

    @Test func `a mandatory message needs a message-id`() {
        #expect(refusal(isMandatory: true)?.code == .badMessage)
        #expect(refusal(BasicProperties(messageID: "m"), isMandatory: true) == nil)
    }
}
