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

    @Test("small deliveries are taken in order up to a bound of bytes")
    func small() async {
        let inbox = Inbox()
        inbox.put((1...20).map { delivery($0, bytes: 40) })
        #expect(await inbox.take(bytes: 720).arrivals.map(\.tag.value) == Array(1...18))
        #expect(await inbox.take(bytes: 720).arrivals.map(\.tag.value) == [19, 20])
    }

    @Test("of large deliveries a turn takes sixteen, of very large ones fewer, at least one")
    func large() async {
        let inbox = Inbox()
        inbox.put((1...20).map { delivery($0, bytes: 99) })
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == Array(1...16))
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == Array(17...20))
        inbox.put([delivery(21, bytes: 5000), delivery(22, bytes: 1500), delivery(23, bytes: 100), delivery(24, bytes: 1)])
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == [21])
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == [22, 23])
        #expect(await inbox.take(bytes: 100).arrivals.map(\.tag.value) == [24])
    }

    @Test("a whole turn is taken ahead only where more waits, and nothing else does")
    func ahead() async {
        let inbox = Inbox()
        inbox.put((1...20).map { delivery($0, bytes: 10) })
        #expect(inbox.takeFull(bytes: 200)?.arrivals.count == nil)
        inbox.put([delivery(21, bytes: 10)])
        inbox.update { $0.isTick = true }
        #expect(inbox.takeFull(bytes: 200)?.arrivals.count == nil, "the tick must not wait")
        #expect(await inbox.take(bytes: 160).arrivals.count == 16)
        inbox.put((22...40).map { delivery($0, bytes: 10) })
        #expect(inbox.takeFull(bytes: 200)?.arrivals.map(\.tag.value) == Array(17...36))
        #expect(inbox.takeFull(bytes: 200)?.arrivals.count == nil)
        #expect(await inbox.take(bytes: 200).arrivals.map(\.tag.value) == Array(37...40))
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
