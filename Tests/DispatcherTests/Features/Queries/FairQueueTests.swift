import TaskGridCore
import Testing

@testable import Dispatcher

@Suite("Queries that wait") struct FairQueueTests {
    @Test func `clients take turns, and each one's queries keep their order`() {
        var queue = FairQueue<Int>(capacity: 100, share: 50)
        let taken = [(1, "a"), (2, "a"), (3, "a"), (11, "b"), (12, "b"), (21, "c")].map { queue.append($0, from: $1) }
        var order: [Int] = []
        while let next = queue.popFirst() { order.append(next) }
        #expect(taken.allSatisfy(\.self) && order == [1, 11, 21, 2, 12, 3] && queue.count == 0)
    }

    @Test func `one caller fills its share and no more, and all together the whole`() {
        var queue = FairQueue<Int>(capacity: 5, share: 3)
        let ofOne = (1...4).map { queue.append($0, from: "a") }
        let ofOthers = (1...4).map { queue.append($0, from: "b\($0)") }
        #expect(ofOne == [true, true, true, false] && ofOthers == [true, true, false, false])
        let first = queue.popFirst()
        let again = ["a", "b1"].map { queue.append(9, from: $0) }
        #expect(first == 1 && again == [true, false])
    }

    @Test(.timeLimit(.minutes(1))) func `several loops take from one queue until it is finished`() async {
        let queue = QueryQueue()
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var count = 0
                    while await queue.next() != nil { count += 1 }
                    return count
                }
            }
            for number in 0..<50 {
                let message = CountsQuery().message(from: "c\(number % 5)", correlation: "\(number)")
                #expect(queue.put(WaitingQuery(message, replyTo: "c\(number % 5)", at: .now)))
                await Task.yield()
            }
            while !queue.isEmpty { await Task.yield() }
            queue.finish()
            return await group.reduce(0, +)
        }
        #expect(taken == 50)
    }
}
