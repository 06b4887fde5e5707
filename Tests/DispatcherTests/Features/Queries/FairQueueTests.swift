import TaskGridCore
import Testing

@testable import Dispatcher

@Suite("Queries that wait") struct FairQueueTests {
    @Test func `clients take turns, and each one's queries keep their order`() {
        var queue = FairQueue<Int>(capacity: 100, share: 50)
        let taken = [(1, "a"), (2, "a"), (3, "a"), (11, "b"), (12, "b"), (21, "c")].map { queue.append($0, from: $1, of: "u") }
        var order: [Int] = []
        while let next = queue.popFirst() { order.append(next) }
        #expect(taken.allSatisfy(\.self) && order == [1, 11, 21, 2, 12, 3] && queue.count == 0)
    }

    @Test func `one caller fills its share and no more, and all together the whole`() {
        var queue = FairQueue<Int>(capacity: 5, share: 3)
        let ofOne = (1...4).map { queue.append($0, from: "a", of: "u") }
        let ofOthers = (1...4).map { queue.append($0, from: "b\($0)", of: "u") }
        #expect(ofOne == [true, true, true, false] && ofOthers == [true, true, false, false])
        let first = queue.popFirst()
        let again = ["a", "b1"].map { queue.append(9, from: $0, of: "u") }
        #expect(first == 1 && again == [true, false])
    }

    @Test func `a user with a thousand clients waits its turn like one with a single client`() {
        var queue = FairQueue<String>(capacity: 1000, share: 50)
        let flood = (0...1000).map { queue.append("thief \($0)", from: "thief.\($0)", of: "thief") }
        let others = (0..<3).map { queue.append("app \($0)", from: "app.\($0 % 2)", of: "app") }
        #expect(flood == Array(repeating: true, count: 1000) + [false] && others == [true, true, true])
        var order: [String] = []
        while let next = queue.popFirst() { order.append(next) }
        #expect(order.prefix(7) == ["thief 0", "app 0", "thief 1", "app 1", "thief 2", "app 2", "thief 3"])
        #expect(order.count == 1003 && queue.count == 0)
        // Nothing is left of them.
        let again = (0..<1000).map { queue.append("", from: "\($0)", of: "app") }
        #expect(!again.contains(false))
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
