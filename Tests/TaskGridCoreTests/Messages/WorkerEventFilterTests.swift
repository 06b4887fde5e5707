import Testing

@testable import TaskGridCore

@Suite struct WorkerEventFilterTests {
    private func event(_ kind: WorkerEvent.Kind, _ worker: String) -> WorkerEvent {
        let message = RegistryMessage(
            worker: worker, host: "h", pid: 1, version: "1", types: [TaskType(literal: "sum")], concurrency: 1, prefetch: 1, batch: false,
            started: Timestamp(rawValue: 1)
        )
        return WorkerEvent(kind: kind, at: Timestamp(rawValue: 1), worker: message)
    }

    @Test func `each change of a worker is news once`() {
        var news = WorkerEventFilter()
        let events: [(WorkerEvent.Kind, String)] = [
            (.joined, "a"), (.joined, "b"), (.joined, "a"), (.left, "a"), (.left, "a"), (.joined, "a"), (.left, "b"),
        ]
        let areNew = events.map { news.isNew(event($0, $1)) }
        #expect(areNew == [true, true, false, true, false, true, true])
    }

    @Test func `workers that have left are forgotten first`() {
        var news = WorkerEventFilter()
        _ = news.isNew(event(.joined, "lives"))
        for number in 1..<WorkerEventFilter.maximum { _ = news.isNew(event(.left, "gone \(number)")) }
        // There was room for no more.
        let areNew = [event(.joined, "new"), event(.joined, "lives"), event(.left, "gone 1")].map { news.isNew($0) }
        #expect(areNew == [true, false, true])
    }
}
