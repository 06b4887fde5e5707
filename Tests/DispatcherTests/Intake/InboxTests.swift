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

    @Test func `deliveries from before a reconnect are dropped when the first of them comes again`() async {
        func delivery(_ epoch: Int, _ tag: UInt64) -> Arrival {
            let tag = DeliveryTag(epoch: epoch, value: tag)
            return Arrival(
                Delivery(tag: tag, queue: "q", exchange: "", routingKey: "", isRedelivered: epoch > 1, message: Message()), Topology()
            )
        }
        let inbox = Inbox()
        for epoch in 1...100 { for tag in 1...5 as ClosedRange<UInt64> { inbox.put([delivery(epoch, tag)]) } }
        let taken = await inbox.take().arrivals
        #expect(taken.map(\.tag) == (1...5).map { DeliveryTag(epoch: 100, value: $0) })
    }

    private func submission(_ tag: UInt64, tasks: Int) -> Arrival {
        let submission = Submission(
            form: .batch, type: .reverse, key: "\(tag)", client: "c", correlation: "q",
            tasks: (0..<tasks).map { _ in Submission.Task(payload: Data([1])) }
        )
        let delivery = Delivery(
            tag: DeliveryTag(epoch: 1, value: tag), queue: "q", exchange: "", routingKey: submission.type.name, isRedelivered: false,
            message: submission.message().verified
        )
        return Arrival(delivery, Topology())
    }

    @Test func `a turn takes deliveries in order, up to a bound of tasks and one of bytes, and at least one`() async {
        let inbox = Inbox(.init(tasks: 10, bytes: 100))
        inbox.put((1...12).map { delivery($0, bytes: 1) })
        #expect(await inbox.take().arrivals.map(\.tag.value) == Array(1...10))
        #expect(await inbox.take().arrivals.map(\.tag.value) == [11, 12])
        inbox.put([delivery(13, bytes: 500), delivery(14, bytes: 40), delivery(15, bytes: 60), delivery(16, bytes: 1)])
        #expect(await inbox.take().arrivals.map(\.tag.value) == [13])
        #expect(await inbox.take().arrivals.map(\.tag.value) == [14, 15])
        #expect(await inbox.take().arrivals.map(\.tag.value) == [16])
        let tasks = Inbox(.init(tasks: 10))
        tasks.put([submission(1, tasks: 6), submission(2, tasks: 4), submission(3, tasks: 50), submission(4, tasks: 1)])
        #expect(await tasks.take().arrivals.map(\.tag.value) == [1, 2])
        #expect(await tasks.take().arrivals.map(\.tag.value) == [3])
        #expect(await tasks.take().arrivals.map(\.tag.value) == [4])
    }

    @Test func `a whole turn is taken ahead only where more waits, and nothing else does`() async {
        let inbox = Inbox(.init(tasks: 16))
        inbox.put((1...16).map { delivery($0, bytes: 10) })
        #expect(inbox.takeFull()?.arrivals.count == nil)
        inbox.put([delivery(17, bytes: 10)])
        inbox.update { $0.isTick = true }
        #expect(inbox.takeFull()?.arrivals.count == nil, "the tick must not wait")
        #expect(await inbox.take().arrivals.count == 16)
        inbox.put((18...34).map { delivery($0, bytes: 10) })
        #expect(inbox.takeFull()?.arrivals.map(\.tag.value) == Array(17...32))
        #expect(inbox.takeFull()?.arrivals.count == nil)
        #expect(await inbox.take().arrivals.map(\.tag.value) == [33, 34])
    }

    private func word(_ worker: String, _ progress: Int, of user: String = "") -> (RegistryMessage.Kind, RegistryMessage) {
        var message = RegistryMessage(
            worker: worker, host: "h", pid: 1, version: "1", types: [.reverse], concurrency: 1, prefetch: 1, batch: false,
            started: Timestamp(rawValue: 1), progress: progress
        )
        message.publisher = user
        return (.heartbeat, message)
    }

    @Test func `of each worker the latest word waits, of a bounded number of workers`() async {
        let inbox = Inbox()
        for progress in 1...1000 { inbox.put([word("a", progress), word("b", progress)]) }
        let taken = await inbox.take().registry
        #expect(taken.map { "\($0.1.worker)\($0.1.progress)" } == ["a1000", "b1000"])
        inbox.put([word("a", 1001)])
        #expect(await inbox.take().registry.map(\.1.progress) == [1001])
        inbox.put((0..<WorkerTable.defaultMaximum + 5).map { word("w\($0)", 1) })
        #expect(await inbox.take().registry.count == WorkerTable.defaultMaximum)
    }

    @Test func `no number of workers of one user keeps out the words of another's, in this turn and the next`() async {
        let inbox = Inbox()
        for _ in 0..<2 {
            inbox.put((0..<2 * WorkerTable.defaultMaximum).map { word("t\($0)", 1, of: "thief") } + [word("c", 1, of: "crew")])
            let taken = await inbox.take().registry
            #expect(taken.count == WorkerTable.defaultMaximum + 1 && taken.last?.1.worker == "c")
        }
    }

    private func command(from client: String, of user: String) -> AdminCommand {
        var query = CancelQuery(tasks: [1]).message(from: client, correlation: "1")
        query.properties.userID = user
        return AdminCommand(kind: .cancel, tasks: [1], query: query, replyTo: client)
    }

    @Test func `no number of commands of one user keeps another's waiting`() async {
        let inbox = Inbox()
        let taken = (0..<100).map { inbox.put(command(from: "thief.\($0)", of: "thief")) }
        #expect(taken.count { $0 } == 64)
        #expect(inbox.put(command(from: "app.1", of: "app")))
        #expect(await inbox.take().commands.prefix(2).map(\.user) == ["thief", "app"])
    }

    @Test func `one who waits is woken, and everything that came is taken at once`() async {
        let inbox = Inbox()
        async let taken = inbox.take()
        inbox.update { $0.isTick = true }
        #expect(await taken.isTick)
        inbox.put([delivery(1, bytes: 1)])
        inbox.update { $0.isFinished = true }
        let intake = await inbox.take()
        #expect(intake.arrivals.count == 1)
        #expect(intake.isFinished)
    }

    @Test func `a pipe keeps the order, holds its sender back, and ends after what was sent`() async {
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

    @Test(arguments: [1, 2]) func `several may wait to send, and none is forgotten`(capacity: Int) async {
        let pipe = Pipe<Int>(capacity: capacity)
        await withTaskGroup { group in
            for number in 0..<100 { group.addTask { await pipe.send(number) } }
            var received: Set<Int> = []
            while received.count < 100, let number = await pipe.receive() { received.insert(number) }
            #expect(received == Set(0..<100))
            // Each of them goes on.
            await group.waitForAll()
        }
    }

    @Test func `those who wait to send go on when the pipe is finished`() async {
        let pipe = Pipe<Int>(capacity: 1)
        await withTaskGroup { group in
            for number in 0..<10 { group.addTask { await pipe.send(number) } }
            pipe.finish()
            await group.waitForAll()
        }
    }

    @Test func `rejected submissions are in no turn, and results stay`() async {
        let inbox = Inbox()
        inbox.put([submission(1, tasks: 1), delivery(2, bytes: 1), submission(3, tasks: 2), delivery(4, bytes: 1), submission(5, tasks: 1)])
        let removed = inbox.removeSubmissions()
        #expect(removed.map(\.tag.value) == [1, 3, 5])
        #expect(removed.map(\.submission.tasks.count) == [1, 2, 1])
        #expect(inbox.removeSubmissions().isEmpty)
        // The delivery that a turn acknowledges, with all before it, is one of its own.
        #expect(await inbox.take().arrivals.map(\.tag.value) == [2, 4])
    }
}
