import Foundation
import TaskGridCore
import Testing

@testable import AMQP

@Suite("The broker's close of a channel, and the publication that it is about")
struct RefusalNoticeTests {
    private func publication(_ exchange: String = "e", _ key: String = "k", size: Int = 0) -> Publication {
        Publication(exchange: exchange, routingKey: key, message: Message(body: Data(count: size)))
    }

    @Test(arguments: [
        "PRECONDITION_FAILED - message size 101 is larger than configured max size 100",
        "PRECONDITION_FAILED - message size 101 is larger than max size 100",
    ])
    func `a message over the broker's size is known by its size, and so is the limit`(text: String) throws {
        let notice = try #require(RefusalNotice(code: 406, text: text))
        #expect(notice.maximumBodySize == 100)
        #expect(notice.refusal(of: publication(size: 101)) == .tooLarge(size: 101, limit: 100))
        #expect(notice.refusal(of: publication(size: 100)) == nil)
    }

    @Test(arguments: [
        ("ACCESS_REFUSED - access to exchange 'e' in vhost '/' refused for user 'u'", true),
        ("ACCESS_REFUSED - write access to exchange 'e' in vhost '/' refused for user 'u'", true),
        ("ACCESS_REFUSED - write access to topic 'k' in exchange 'e' in vhost '/' refused for user 'u'", true),
        ("ACCESS_REFUSED - write access to topic 'other' in exchange 'e' in vhost '/' refused for user 'u'", false),
    ])
    func `one that the user may not write is known by its exchange, and with topic permissions by its routing key`(text: String, fits: Bool)
        throws
    {
        let notice = try #require(RefusalNotice(code: 403, text: text))
        #expect(notice.refusal(of: publication()) == (fits ? .accessRefused(text) : nil))
        #expect(notice.refusal(of: publication("ee")) == nil)
        #expect(notice.maximumBodySize == nil)
    }

    @Test func `one whose exchange is missing is known by it`() throws {
        let text = "NOT_FOUND - no exchange 'e' in vhost '/'"
        let notice = try #require(RefusalNotice(code: 404, text: text))
        #expect(notice.refusal(of: publication()) == .exchangeNotFound(text, mayHaveArrived: false))
        #expect(notice.refusal(of: publication("other")) == nil)
    }

    @Test(arguments: [
        (406, "PRECONDITION_FAILED - unknown delivery tag 1"), (406, "message size 10 is larger than max size 20"),
        (406, "message size 1 2 3"), (404, "NOT_FOUND - no queue 'q' in vhost '/'"), (541, "INTERNAL_ERROR"), (403, ""),
    ])
    func `anything else names no publication`(code: Int, text: String) {
        #expect(RefusalNotice(code: code, text: text) == nil)
    }
}

@Suite("When a channel is replaced that the broker nacks")
struct NackCounterTests {
    private let route = NackCounter.Destination(exchange: "e", routingKey: "k")
    private let other = NackCounter.Destination(exchange: "e", routingKey: "other")
    private let start = ContinuousClock.now

    @Test func `after two nacks in a row of one route, and once in three seconds`() {
        var counter = NackCounter()
        #expect(counter.nacked(route, at: start) == false)
        #expect(counter.nacked(other, at: start) == false)
        #expect(counter.nacked(route, at: start) == true)
        #expect(counter.nacked(other, at: start + .seconds(2)) == false)
        #expect(counter.nacked(other, at: start + .seconds(3)) == true)
    }

    @Test func `not where a message of the route was taken between them`() {
        var counter = NackCounter()
        #expect(counter.nacked(route, at: start) == false)
        counter.confirmed(route, at: start)
        #expect(counter.nacked(route, at: start) == false)
        // The second in a row again, of a channel that is well.
        #expect(counter.nacked(route, at: start) == false)
    }

    @Test func `never where the channel takes others of the route: its queue is full`() {
        var counter = NackCounter()
        var replaced: [Int] = []
        for second in 0..<240 {
            for _ in 0..<3 where counter.nacked(route, at: start + .seconds(second)) { replaced.append(second) }
            counter.confirmed(route, at: start + .seconds(second))
        }
        #expect(replaced == [0])
        // Another channel takes none.
        counter.channelOpened()
        #expect(counter.nacked(route, at: start + .seconds(240)) == false)
        #expect(counter.nacked(route, at: start + .seconds(240)) == true)
    }

    @Test func `a route is forgotten a minute after its last nack`() {
        var counter = NackCounter()
        #expect(counter.nacked(route, at: start) == false)
        counter.confirmed(route, at: start + .seconds(59))
        #expect(!counter.isEmpty)
        counter.confirmed(route, at: start + .seconds(60))
        #expect(counter.isEmpty)
    }

    @Test func `however long a new channel does not help: the next one may fall into no election`() {
        var counter = NackCounter()
        var replaced: [Int] = []
        for second in 0..<240 where counter.nacked(route, at: start + .seconds(second)) { replaced.append(second) }
        #expect(replaced == Array(stride(from: 1, to: 240, by: 3)))
    }
}

@Suite("Channels that the broker closes")
struct ChannelLossesTests {
    @Test func `six within a minute are too many; over the whole life of a connection any number is tolerated`() {
        var losses = ChannelLosses()
        let start = ContinuousClock.now
        for number in 0..<100 { #expect(losses.add(at: start + .seconds(12 * number)) == true) }
        #expect(losses.add(at: start + .seconds(12 * 99 + 1)) == false)
    }
}
