import Foundation
import TaskGridCore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The dispatcher's inbox and pipe", .timeLimit(.minutes(1)))
struct InboxTests {
    private func delivery(_ tag: UInt64, bytes: Int) -> Arrival {
        let delivery = Delivery(
            tag: DeliveryTag(epoch: 1, value: tag), queue: "q", exchange: "", routingKey: "", isRedelivered: false,
            message: Message(body: Data(count: bytes))
        )
        return Arrival(delivery, Topology())
    }

    @Test("deliveries are taken in order, up to a bound of bytes and at least one")
    func bytes() async {
        let inbox = Inbox()
        inbox.put([delivery(1, bytes: 500), delivery(2, bytes: 40), delivery(3, bytes: 60), delivery(4, bytes: 1)])
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == [1])
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == [2, 3])
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == [4])
    }

    private func word(_ worker: String, _ progress: Int) -> (RegistryMessage.Kind, RegistryMessage) {
        let message = RegistryMessage(
            worker: worker, host: "h", pid: 1, version: "1", types: [.reverse], concurrency: 1, prefetch: 1, batch: false,
            started: Timestamp(rawValue: 1), progress: progress
        )
        return (.heartbeat, message)
    }

    @Test("of each worker the latest word waits, of a bounded number of workers")
    func registry() async {
        let inbox = Inbox()
        for progress in 1...1000 { inbox.put([word("a", progress), word("b", progress)]) }
        let taken = await inbox.take(bytes: 1).registry
        #expect(taken.map { "\($0.1.worker)\($0.1.progress)" } == ["a1000", "b1000"])
        inbox.put([word("a", 1001)])
        #expect(await inbox.take(bytes: 1).registry.map(\.1.progress) == [1001])
        inbox.put((0..<WorkerTable.defaultMaximum + 5).map { word("w\($0)", 1) })
        #expect(await inbox.take(bytes: 1).registry.count == WorkerTable.defaultMaximum)
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
        #expect(intake.arrivals.count == 1)
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
