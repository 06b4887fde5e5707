import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridWorker

@Suite struct ResultBatchTests {
    private let topology = Topology(prefix: "t")

    private func finished(
        _ id: Int64, delivery: Int, type: String = "a", store: String = "s", form: MessageForm = .single, size: Int = 1
    ) throws -> Finished {
        Finished(
            delivery: delivery, type: try TaskType(type), store: store, form: form,
            item: Results.Item(id: TaskID(id), attempt: 1, outcome: .succeeded(Data(count: size)))
        )
    }

    private func resultBatch(_ items: [Finished]) -> ResultBatch {
        ResultBatch(ResultBuffer.OutgoingBatch(finished: items), worker: "w", topology: topology, isPersistent: false)
    }

    private func results(_ resultBatch: ResultBatch) throws -> [Results] {
        try resultBatch.publications.map { try Results($0.message) }
    }

    @Test func `the result of a single message travels as a single message`() throws {
        let resultBatch = resultBatch([try finished(1, delivery: 1)])
        let results = try results(resultBatch)
        #expect(results.map(\.form) == [.single])
        #expect(results[0].worker == "w")
        #expect(resultBatch.publications[0].exchange == "t.results")
        #expect(resultBatch.publications[0].routingKey == "a")
    }

    @Test func `a result of a batch travels as a batch`() throws {
        #expect(try results(resultBatch([try finished(1, delivery: 1, form: .batch)])).map(\.form) == [.batch])
    }

    @Test func `results that wait together travel together`() throws {
        let resultBatch = resultBatch([
            try finished(1, delivery: 1), try finished(2, delivery: 2, type: "b"), try finished(3, delivery: 3),
            try finished(4, delivery: 3), try finished(5, delivery: 1, store: "other"),
        ])
        let results = try results(resultBatch)
        #expect(results.map { $0.items.map(\.id.rawValue) } == [[1, 3, 4], [2], [5]])
        #expect(results.map(\.form) == [.batch, .single, .single])
        #expect(results.map(\.store) == ["s", "s", "other"])
        #expect(resultBatch.receipts.map(\.delivery) == [1, 2, 3, 1])
        #expect(resultBatch.receipts.map(\.items) == [1, 1, 2, 1])
    }

    @Test func `messages are bounded in results and bytes`() throws {
        let many = try (1...2_500).map { try finished($0, delivery: 1) }
        #expect(try results(resultBatch(many)).map(\.items.count) == [1000, 1000, 500])
        let large = try (1...3).map { try finished($0, delivery: 1, size: 600_000) }
        #expect(try results(resultBatch(large)).map(\.items.count) == [1, 1, 1])
    }

    @Test func `the buffer gives all its results up to the bounds of a batch`() throws {
        var resultBuffer = ResultBuffer()
        #expect(resultBuffer.take() == nil)
        for id in 1...5 { resultBuffer.add(try finished(Int64(id), delivery: 1, size: 100)) }
        resultBuffer.add(
            ResultBuffer.UnreadableDelivery(delivery: 2, letter: .deadLetter(Message(body: Data(count: 10)), because: "x", Topology())))
        #expect(resultBuffer.take(items: 3)?.count == 3)
        #expect(resultBuffer.take(bytes: 200)?.finished.map(\.item.id) == [3])
        #expect(resultBuffer.take(bytes: 1)?.finished.map(\.item.id) == [4])
        #expect(resultBuffer.take()?.finished.map(\.item.id) == [5])
        #expect(resultBuffer.isEmpty)
    }
}
