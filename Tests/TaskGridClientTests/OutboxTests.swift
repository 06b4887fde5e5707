import TaskGridCore
import Testing

@testable import TaskGridClient

struct OutboxTests {
    @Test func whatWaitsTravelsTogether() {
        var outbox = Outbox()
        for id in 1...3 { outbox.add(parcel(id)) }
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [1, 2, 3])
        #expect(outbox.take(onlyFull: false) == nil)
        #expect(outbox.isEmpty)
    }

    @Test func typesTravelApartAndTakeTurns() {
        var outbox = Outbox(bounds: MessageBounds(tasks: 2, size: 1000))
        for id in 1...4 { outbox.add(parcel(id, .reverse)) }
        outbox.add(parcel(5, .hash))
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [1, 2])
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [5])
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [3, 4])
    }

    @Test func messagesAreBoundedByTasksAndBytes() {
        var outbox = Outbox(bounds: MessageBounds(tasks: 10, size: 100))
        outbox.add(parcel(1, tasks: 8, size: 1))
        outbox.add(parcel(2, tasks: 3, size: 1))
        outbox.add(parcel(3, tasks: 1, size: 98))
        outbox.add(parcel(4, tasks: 1, size: 500))
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [1])
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [2])
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [3])
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [4], "a payload over the bound travels alone")
    }

    @Test func aPartialMessageWaitsWhereOnlyFullOnesGo() {
        var outbox = Outbox(bounds: MessageBounds(tasks: 2, size: 1000))
        outbox.add(parcel(1))
        #expect(outbox.take(onlyFull: true) == nil)
        outbox.add(parcel(2, .hash))
        outbox.add(parcel(3, .hash))
        #expect(outbox.take(onlyFull: true)?.map(\.id) == [2, 3])
        #expect(outbox.take(onlyFull: true) == nil)
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [1])
    }

    @Test func aKeyedParcelTravelsAlone() {
        var outbox = Outbox()
        outbox.add(parcel(1))
        outbox.add(parcel(2, key: "mine"))
        outbox.add(parcel(3))
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [1])
        #expect(outbox.take(onlyFull: true)?.map(\.id) == [2])
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [3])
    }

    @Test func removedParcelsAreNotSent() {
        var outbox = Outbox()
        for id in 1...3 { outbox.add(parcel(id)) }
        #expect(outbox.remove { $0.id != 2 }.map(\.id) == [1, 3])
        #expect(outbox.take(onlyFull: false)?.map(\.id) == [2])
        outbox.add(parcel(4))
        #expect(outbox.remove { _ in true }.map(\.id) == [4])
        #expect(outbox.isEmpty)
    }

    @Test func payloadsAreCutIntoMessages() {
        let bounds = MessageBounds(tasks: 3, size: 100)
        let sizes = [10, 10, 10, 10, 95, 200, 1]
        let chunks = bounds.chunks(of: sizes.map { Submission.Task(payload: .init(repeating: 0, count: $0)) })
        #expect(chunks.map { $0.map(\.payload.count) } == [[10, 10, 10], [10], [95], [200], [1]])
        #expect(bounds.chunks(of: []).isEmpty)
    }
}
