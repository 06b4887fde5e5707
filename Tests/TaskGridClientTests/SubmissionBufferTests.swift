import TaskGridCore
import Testing

@testable import TaskGridClient

struct SubmissionBufferTests {
    @Test func `waiting submissions travel together`() {
        var buffer = SubmissionBuffer()
        for id in 1...3 { buffer.add(submission(id)) }
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [1, 2, 3])
        #expect(buffer.take(onlyFull: false) == nil)
        #expect(buffer.isEmpty)
    }

    @Test func `types travel apart and take turns`() {
        var buffer = SubmissionBuffer(bounds: MessageBounds(tasks: 2, size: 1000))
        for id in 1...4 { buffer.add(submission(id, .reverse)) }
        buffer.add(submission(5, .hash))
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [1, 2])
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [5])
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [3, 4])
    }

    @Test func `messages are bounded by tasks and bytes`() {
        var buffer = SubmissionBuffer(bounds: MessageBounds(tasks: 10, size: 100))
        buffer.add(submission(1, tasks: 8, size: 1))
        buffer.add(submission(2, tasks: 3, size: 1))
        buffer.add(submission(3, tasks: 1, size: 98))
        buffer.add(submission(4, tasks: 1, size: 500))
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [1])
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [2])
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [3])
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [4], "a payload over the bound travels alone")
    }

    @Test func `a partial message waits while only full ones are sent`() {
        var buffer = SubmissionBuffer(bounds: MessageBounds(tasks: 2, size: 1000))
        buffer.add(submission(1))
        #expect(buffer.take(onlyFull: true) == nil)
        buffer.add(submission(2, .hash))
        buffer.add(submission(3, .hash))
        #expect(buffer.take(onlyFull: true)?.map(\.id) == [2, 3])
        #expect(buffer.take(onlyFull: true) == nil)
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [1])
    }

    @Test func `a submission with a key travels alone`() {
        var buffer = SubmissionBuffer()
        buffer.add(submission(1))
        buffer.add(submission(2, key: "mine"))
        buffer.add(submission(3))
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [1])
        #expect(buffer.take(onlyFull: true)?.map(\.id) == [2])
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [3])
    }

    @Test func `removed submissions are not sent`() {
        var buffer = SubmissionBuffer()
        for id in 1...3 { buffer.add(submission(id)) }
        #expect(buffer.remove { $0.id != 2 }.map(\.id) == [1, 3])
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [2])
        buffer.add(submission(4))
        #expect(buffer.remove { _ in true }.map(\.id) == [4])
        #expect(buffer.isEmpty)
    }

    @Test func `a submission that is removed by its id leaves the others in their order`() {
        var buffer = SubmissionBuffer(bounds: MessageBounds(tasks: 2, size: 1000))
        for id in 1...3 { buffer.add(submission(id)) }
        buffer.add(submission(4, .hash))
        buffer.remove(2)
        buffer.remove(4)
        buffer.remove(9)
        #expect(buffer.take(onlyFull: false)?.map(\.id) == [1, 3])
        #expect(buffer.take(onlyFull: false) == nil)
        #expect(buffer.isEmpty)
    }

    @Test func `payloads are cut into messages`() {
        let bounds = MessageBounds(tasks: 3, size: 100)
        let sizes = [10, 10, 10, 10, 95, 200, 1]
        let chunks = bounds.chunks(of: sizes.map { Submission.Task(payload: .init(repeating: 0, count: $0)) })
        #expect(chunks.map { $0.map(\.payload.count) } == [[10, 10, 10], [10], [95], [200], [1]])
        #expect(bounds.chunks(of: []).isEmpty)
    }
}
