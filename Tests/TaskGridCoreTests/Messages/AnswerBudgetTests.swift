import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite("The size of an answer") struct AnswerBudgetTests {
    @Test func `a query says how large its answer may be, within bounds`() {
        #expect(AnswerBudget(of: CountsQuery().message(from: "c", correlation: "1")).bytes == 1 << 20)
        for (asked, bytes) in [(0, 256 << 10), (2 << 20, 2 << 20), (64 << 20, 4 << 20)] {
            let message = CountsQuery().message(from: "c", correlation: "1", budget: AnswerBudget(asked))
            #expect(AnswerBudget(of: message).bytes == bytes)
        }
        for value: FieldValue in ["large", .int(.max), .int(.min), true] {
            var message = CountsQuery().message(from: "c", correlation: "1")
            message.properties.headers[WireFormat.Header.answerBytes] = value
            #expect(AnswerBudget.range.contains(AnswerBudget(of: message).bytes))
        }
    }

    @Test func `a query says how long its client waits, and no client waits for ever`() {
        func patience(_ asked: Duration?) -> Duration {
            QueryLimits.patience(of: CountsQuery().message(from: "c", correlation: "1", within: asked))
        }
        #expect(patience(nil) == .seconds(30) && patience(.seconds(5)) == .seconds(5) && patience(.seconds(1 << 40)) == .seconds(120))
    }

    @Test func `no list is longer than its budget, whatever its elements hold`() {
        forAll(10) { generator, seed in
            var list = AnswerList<TaskRecord>(AnswerBudget(0))
            while true {
                var record = TaskRecord.random(using: &generator)
                record.payload = Data(repeating: UInt8(generator.number(0...255)), count: generator.number(0...60_000))
                guard list.add(record) else { break }
            }
            let body = JSON.encode(TasksQuery.Answer(tasks: list.elements, next: 9))
            #expect(body.count <= 256 << 10 && body.count > 100 << 10, seed)
        }
    }

    @Test(arguments: [0x00, 0x1B, 0x22, 0x61, 0xFF] as [UInt8])
    func `bytes of every kind take no more than twice their number in JSON`(byte: UInt8) throws {
        let bytes = Data(repeating: byte, count: 300_000)
        let record = TaskRecord(
            id: 1, type: TaskRecordTests.type, payload: bytes, status: .pending, created: Timestamp(rawValue: 1),
            settings: TaskSettings(maxAttempts: 1), key: "k")
        let written = JSON.encode(record)
        #expect(written.count <= 2 * bytes.count + 1000)
        #expect(try JSON.decode(TaskRecord.self, written) == record)
    }

    @Test func `a record that is too large is cut to what fits, says how large it was, and begins as it did`() {
        forAll(20) { generator, seed in
            var record = TaskRecord.random(using: &generator)
            (record.payloadSize, record.resultSize) = (nil, nil)
            // NULs, quotation marks, text of two and three bytes a character, and bytes that are no text.
            let pieces = [Data([0]), Data([0x22]), Data("é".utf8), Data("漢".utf8), Data([0xFF]), Data("a".utf8)]
            func bytes(_ most: Int) -> Data {
                let piece = pieces[generator.number(0...pieces.count - 1)]
                return Data(Array(repeating: Array(piece), count: generator.number(0...most)).joined())
            }
            record.payload = bytes(60_000)
            record.result = generator.maybe { _ in Data() }.map { _ in bytes(60_000) }
            record.attempts = (1...generator.number(1...200)).map {
                Attempt(number: $0, outcome: .failed, error: TaskError(.failed, String(repeating: "\u{1}", count: 4000)))
            }
            let fitting = record.fitting(100_000)
            #expect(JSON.encode(fitting).count <= 100_000, seed)
            #expect(record.payload.starts(with: fitting.payload), seed)
            #expect(fitting.payloadSize == (fitting.payload.count < record.payload.count ? record.payload.count : nil), seed)
            #expect((record.result ?? Data()).starts(with: fitting.result ?? Data()), seed)
            #expect(fitting.resultSize == (fitting.result?.count == record.result?.count ? nil : record.result?.count), seed)
            #expect(fitting.attempts.last == record.attempts.last, seed)
            #expect((try? JSON.decode(TaskRecord.self, JSON.encode(fitting))) == fitting, seed)
            #expect(fitting.fitting(100_000) == fitting, seed)
        }
    }

    @Test func `a text is cut between two characters`() {
        let text = Data("aé漢".utf8)
        #expect((0...6).map { String(decoding: text.head($0), as: UTF8.self) } == ["", "a", "a", "aé", "aé", "aé", "aé漢"])
        #expect(Data([0xFF, 0xFE, 0xFD]).head(2).count == 2)
    }
}
