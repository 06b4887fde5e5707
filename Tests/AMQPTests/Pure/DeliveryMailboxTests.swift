import TaskGridCore
import Testing

@testable import AMQP

/// `Task.immediate` runs a call up to its first suspension before it returns: so a taker is known to wait, without time.
@Suite("A consumer's mailbox", .timeLimit(.minutes(1)))
struct DeliveryMailboxTests {
    private func deliveries(_ range: ClosedRange<UInt64>) -> [Delivery] {
        range.map {
            Delivery(
                tag: DeliveryTag(epoch: 1, value: $0), queue: "q", exchange: "e", routingKey: "k", isRedelivered: false, message: Message()
            )
        }
    }

    private func tags(_ deliveries: [Delivery]?) -> [UInt64]? { deliveries?.map(\.tag.value) }

    @Test func `waiting elements are taken at once, in order, all of them`() async {
        let mailbox = DeliveryMailbox()
        mailbox.put(deliveries(1...2))
        mailbox.put(deliveries(3...5))
        #expect(tags(await mailbox.next()) == [1, 2, 3, 4, 5])
        mailbox.put(deliveries(6...6))
        #expect(tags(await mailbox.next()) == [6])
    }

    @Test func `a waiting reader is handed the next element`() async {
        let mailbox = DeliveryMailbox()
        let taker = Task.immediate { await mailbox.next() }
        mailbox.put(deliveries(1...2))
        mailbox.put(deliveries(3...3))
        #expect(tags(await taker.value) == [1, 2])
        #expect(tags(await mailbox.next()) == [3])
    }

    @Test func `a finished mailbox gives what it holds, then nil, and takes no more`() async {
        let mailbox = DeliveryMailbox()
        mailbox.put(deliveries(1...1))
        mailbox.finish()
        mailbox.put(deliveries(2...2))
        #expect(tags(await mailbox.next()) == [1])
        #expect(tags(await mailbox.next()) == nil)
        #expect(tags(await mailbox.next()) == nil)
    }

    @Test func `finishing ends the wait`() async {
        let mailbox = DeliveryMailbox()
        let taker = Task.immediate { await mailbox.next() }
        mailbox.finish()
        mailbox.finish()
        #expect(tags(await taker.value) == nil)
    }

    @Test func `a cancelled wait ends with nil, and what comes later waits for the next taker`() async {
        let mailbox = DeliveryMailbox()
        let taker = Task.immediate { await mailbox.next() }
        taker.cancel()
        #expect(tags(await taker.value) == nil)
        mailbox.put(deliveries(1...1))
        #expect(tags(await mailbox.next()) == [1])
    }

    @Test func `a task that was cancelled before takes nothing, and nothing is lost`() async {
        let mailbox = DeliveryMailbox()
        mailbox.put(deliveries(1...1))
        let taker = Task.immediate {
            withUnsafeCurrentTask { $0?.cancel() }
            return await mailbox.next()
        }
        #expect(tags(await taker.value) == nil)
        #expect(tags(await mailbox.next()) == [1])
    }

    @Test func `a dropped element is not taken, and the wait goes on`() async {
        let mailbox = DeliveryMailbox()
        mailbox.put(deliveries(1...1))
        mailbox.drop()
        let taker = Task.immediate { await mailbox.next() }
        mailbox.drop()
        mailbox.put(deliveries(2...2))
        #expect(tags(await taker.value) == [2])
    }

    @Test func `a second taker ends the wait of the first, whose cancellation then does nothing to the second`() async {
        let mailbox = DeliveryMailbox()
        let first = Task.immediate { await mailbox.next() }
        let second = Task.immediate { await mailbox.next() }
        first.cancel()
        #expect(tags(await first.value) == nil)
        mailbox.put(deliveries(1...1))
        #expect(tags(await second.value) == [1])
    }

    @Test func `of many deliveries none is lost or doubled between threads, whoever is cancelled meanwhile`() async {
        let mailbox = DeliveryMailbox()
        let taken = await withTaskGroup(of: [UInt64].self) { group in
            group.addTask {
                for tag in 1...2000 as ClosedRange<UInt64> {
                    mailbox.put(deliveries(tag...tag))
                    if tag % 16 == 0 { await Task.yield() }
                }
                mailbox.finish()
                return []
            }
            group.addTask {
                var taken: [UInt64] = []
                while true {
                    let taker = Task { await mailbox.next() }
                    taker.cancel()
                    taken += tags(await taker.value) ?? []
                    guard let more = await mailbox.next() else { return taken }
                    taken += more.map(\.tag.value)
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken == Array(1...2000))
    }
}
