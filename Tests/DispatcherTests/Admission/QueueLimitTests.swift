import TaskGridCore
import Testing

@testable import Dispatcher

@Suite("How many tasks are out while a work queue refuses more")
struct QueueLimitTests {
    private let start = ContinuousClock.now

    @Test func `it is what the queue took, and grows by one, two, four until the queue refuses again`() {
        var limit = QueueLimit(14, at: start)
        limit.grow(at: start + .milliseconds(99))
        #expect(limit.tasks == 14)
        var grown: [Int] = []
        for step in 1...4 {
            limit.grow(at: start + .milliseconds(100 * step))
            grown.append(limit.tasks)
        }
        #expect(grown == [15, 17, 21, 29])
        for _ in 0..<9 { limit.refused(at: start + .milliseconds(400)) }
        #expect(limit.tasks == 20)
        limit.grow(at: start + .seconds(4))
        #expect(limit.tasks == 21)
    }

    @Test func `a queue that takes nothing is tried less and less often, down to every second`() {
        var limit = QueueLimit(0, at: start)
        var tried: [Int] = []
        for tenth in 1...50 {
            let now = start + .milliseconds(100 * tenth)
            limit.grow(at: now)
            guard limit.tasks > 0 else { continue }
            tried.append(tenth)
            limit.refused(at: now)
        }
        #expect(tried == [1, 3, 7, 15, 25, 35, 45])
    }

    @Test func `while attempts end it is tried every tenth of a second`() {
        var limit = QueueLimit(10, at: start)
        for tenth in 1...100 {
            let now = start + .milliseconds(100 * tenth)
            limit.attemptEnded()
            limit.grow(at: now)
            #expect(limit.tasks == 11)
            limit.refused(at: now)
        }
    }

    @Test func `it is given up once the whole window is free, or nothing has waited for it`() {
        let admission = Admission(DispatcherConfiguration())
        let typeQueue = TypeQueue(type: .reverse)
        typeQueue.concurrency = 4
        #expect(typeQueue.queueRefused(at: start))
        #expect(!typeQueue.queueRefused(at: start + .seconds(59)), "it is told once a minute")
        #expect(admission.room(for: typeQueue) == 0)
        for tenth in 1...6 { typeQueue.growQueueLimit(at: start + .milliseconds(100 * tenth), window: 64) }
        #expect(admission.room(for: typeQueue) == 63)
        typeQueue.growQueueLimit(at: start + .milliseconds(700), window: 64)
        #expect(admission.room(for: typeQueue) == 64 && typeQueue.queueLimit == nil)

        #expect(typeQueue.queueRefused(at: start + .seconds(60)))
        typeQueue.growQueueLimit(at: start + .seconds(66), window: 64)
        #expect(typeQueue.queueLimit == nil)
    }
}
