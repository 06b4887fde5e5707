import Foundation
import TaskGridCore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The dispatcher's inbox and pipe", .timeLimit(.minutes(1)))
struct InboxTests {
    private func delivery(_ tag: UInt64, bytes: Int) -> Delivery {
        Delivery(
            tag: DeliveryTag(epoch: 1, value: tag), queue: "q", exchange: "", routingKey: "", isRedelivered: false,
            message: Message(body: Data(count: bytes))
        )
    }

    @Test("deliveries are taken in order, up to a bound of bytes and at least one")
    func bytes() async {
        let inbox = Inbox()
        inbox.put([delivery(1, bytes: 500), delivery(2, bytes: 40), delivery(3, bytes: 60), delivery(4, bytes: 1)])
        #expect(await inbox.take(bytes: 100).deliveries.map(\.tag.value) == [1])
        #expect(await inbox.take(bytes: 100).deliveries.map(\.tag.value) == [2, 3])
        #expect(await inbox.take(bytes: 100).deliveries.map(\.tag.value) == [4])
    }

    @Test("one who waits is woken, and everything that came is taken at once")
    func wakes() async {
        let inbox = Inbox()
        async let taken = inbox.take(bytes: 100)
        inbox.update { $0.isTick = true }
        #expect(await taken.isTick)
        inbox.put([delivery(1, bytes: 1)])
        inbox.update { $0.isFinished = true }
        let intake = await inbox.take(bytes: 100)
        #expect(intake.deliveries.count == 1)
        #expect(intake.isFinished)
    }

    @Test("a pipe keeps the order, holds its sender back, and ends after what was sent")
    func pipe() async {
        let pipe = Pipe<Int>(capacity: 2)
        async let sent: Void = {
            for number in 1...1000 { await pipe.send(number) }
            pipe.finish()
        }()
        var received: [Int] = []
        while let number = await pipe.receive() { received.append(number) }
        await sent
        #expect(received == Array(1...1000))
    }
}
