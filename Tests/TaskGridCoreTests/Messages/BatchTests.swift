import AMQP
import Foundation
import TestSupport
import Testing

@testable import TaskGridCore

/// Bodies of batches that no program of good will writes.
@Suite struct BatchTests {
    func body(_ records: PBRecord...) -> Data { PBBatch.encoded(records) { $1 = $0 } }

    func read(_ body: Data, _ kind: ReadingTests.Kind = ReadingTests.submission) -> WireError.Code? {
        refusal { try kind.read(kind.batch.with { $0.body = body }) }
    }

    @Test func `records are counted as they are encoded`() throws {
        #expect(try #require(Data().countRecords(upTo: 10)) == (0, 0))
        forAll(200) { generator, seed in
            let records = generator.list(0...30) { generator in PBRecord.make { $0.body = generator.bytes(0...300) } }
            let settings = generator.list(0...30) { TaskSettings.random(using: &$0).message }
            let count = PBBatch.encoded(records) {
                $1 = $0
            } settings: {
                settings
            }.countRecords(upTo: 30)
            #expect(count?.records == records.count && count?.settings == settings.count, seed)
        }
    }

    @Test(
        arguments: [
            [0x0A], [0x0A, 0x01], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            [0x0A, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            [0x0B], [0x0B, 0x0C], [0x0C], [0x0E], [0x0F], [0xFF], [0x00], [0x00, 0x00], [0x08], [0x09, 0], [0x0D, 0], [0x0A, 0x00, 0x0A],
            [0x0A, 0x02, 0x08, 0x80], [0x0A, 0x02, 0x1A, 0x05],
        ] as [[UInt8]])
    func `truncated and hostile lengths are refused`(_ bytes: [UInt8]) {
        #expect(read(Data(bytes)) == .malformedBody)
    }

    @Test func `a truncated batch is an error or has fewer records`() throws {
        let whole = body(.make { $0.body = Data("one".utf8) }, .make { $0.body = Data("two".utf8) })
        for length in 0..<whole.count {
            let message = ReadingTests.submission.batch.with { $0.body = whole.prefix(length) }
            guard let submission = try? Submission(message) else { continue }
            #expect(submission.tasks.map(\.payload) == [Data("one".utf8)], "cut exactly between the records")
        }
    }

    /// 64 MiB of empty records would be gigabytes in memory: they are refused by their number, at once.
    @Test func `a batch with too many records is refused by their number, before they are read`() {
        let record = Data([0x0A, 0x00])
        var records = Data(repeatElement(record, count: WireFormat.maximumRecords).joined())
        #expect(read(records) == nil)
        records += record
        #expect(read(records) == .tooLarge)
        #expect(read(records + Data(count: WireFormat.maximumBodySize - records.count)) == .tooLarge)
    }

    /// The same of settings.
    @Test func `a batch with more settings than tasks is refused`() {
        let settings = Data([0x12, 0x00])
        let records = body(.make { $0.body = Data("x".utf8) }, .make { $0.body = Data("y".utf8) })
        #expect(read(records + settings + settings) == nil)
        #expect(read(records + settings + settings + settings) == .malformedBody)
        #expect(read(records + Data(repeatElement(settings, count: WireFormat.maximumRecords + 1).joined())) == .tooLarge)
    }

    @Test func `a record that names missing settings is refused`() {
        for (number, code) in [(0, nil), (1, nil), (2, .malformedBody), (UInt32.max, .malformedBody)] as [(UInt32, WireError.Code?)] {
            let record = PBRecord.make { $0.settings = number }
            #expect(
                read(
                    PBBatch.encoded([record]) {
                        $1 = $0
                    } settings: {
                        [PBSettings()]
                    }) == code)
        }
    }

    /// Tasks that share their settings share them after the way, too.
    @Test func `settings that tasks share travel once`() throws {
        let (one, other) = (TaskSettings(timeout: .seconds(1)), TaskSettings(priority: 7))
        let tasks = [one, one, other, TaskSettings(), TaskSettings(timeout: .seconds(1)), other].map {
            Submission.Task(payload: Data(), settings: $0)
        }
        let message = Submission(form: .batch, type: ReadingTests.type, key: "k", tasks: tasks).message()
        #expect(try PBBatch.decoded(message.body).settings.count == 2)
        let read = try Submission(message).tasks
        #expect(read == tasks && read[4].settings.isSame(as: read[0].settings) && read[3].settings.areDefault)
    }

    /// A later version may add fields; those who do not know them pass them over.
    @Test func `unknown fields are skipped`() throws {
        let extended =
            Data([0x10, 0x05, 0x7A, 0x02, 0x01, 0x02]) + body(.make { $0.body = Data("x".utf8) })
            + Data([0x19] + [UInt8](repeating: 7, count: 8))
        #expect(try Submission(ReadingTests.submission.batch.with { $0.body = extended }).tasks.map(\.payload) == [Data("x".utf8)])
        let record = Data([0x0A, 0x05, 0x1A, 0x01, 0x78, 0x78, 0x01])
        #expect(try Submission(ReadingTests.submission.batch.with { $0.body = record }).tasks.map(\.payload) == [Data("x".utf8)])
    }

    @Test func `deep nesting is refused`() {
        // An unknown group within a group within …, inside a record.
        let groups = Data(repeating: 0x7B, count: 10_000) + Data(repeating: 0x7C, count: 10_000)
        #expect(read(Data([0x0A, 0xA0, 0x9C, 0x01]) + groups) == .malformedBody)
    }

    @Test func `a text that is not UTF-8 is refused`() {
        #expect(read(Data([0x0A, 0x03, 0x2A, 0x01, 0xFF]), ReadingTests.results) == .malformedBody)
    }

    @Test func `submissions with values out of range are refused`() {
        func settings(_ change: (inout PBSettings) -> Void) -> Data {
            var settings = PBSettings()
            change(&settings)
            return PBBatch.encoded([PBRecord()]) {
                $1 = $0
            } settings: {
                [settings]
            }
        }
        #expect(read(settings { $0.dueMs = -1 }) == .malformedBody)
        #expect(read(settings { $0.dueMs = .max }) == .malformedBody)
        #expect(read(settings { $0.expiresMs = -1 }) == .malformedBody)
        #expect(read(settings { $0.expiresMs = .max }) == .malformedBody)
        #expect(read(settings { $0.delayMs = .max }) == .malformedBody)
        #expect(read(settings { $0.expiryMs = .max }) == .malformedBody)
        #expect(read(settings { $0.timeoutMs = .max }) == .malformedBody)
        #expect(read(settings { $0.maxAttempts = .max }) == .malformedBody)
        #expect(read(settings { $0.backoff = "soon" }) == .badProperty)
        #expect(read(settings { $0.priority = .max }) == nil)
    }

    @Test(arguments: [ReadingTests.work, ReadingTests.results, ReadingTests.reply])
    func `a record without a valid task id and attempt is refused`(_ kind: ReadingTests.Kind) {
        func record(_ id: Int64, _ attempt: UInt32) -> Data {
            body(
                .make {
                    $0.id = id
                    $0.attempt = attempt
                    $0.proof = Data(count: 16)
                    $0.status = .succeeded
                })
        }
        #expect(read(record(1, 1), kind) == nil)
        // A marker may come back among other results, and is never handed out among others.
        #expect(read(record(0, 1), kind) == (kind.name == "results" ? nil : .malformedBody))
        #expect(read(record(-1, 1), kind) == .malformedBody)
        #expect(read(record(1, .max), kind) == .malformedBody)
        // 0 is the attempt of a task that ended before it was handed out: only a reply may say so.
        #expect(read(record(1, 0), kind) == (kind.name == "reply" ? nil : .malformedBody))
        // A worker's word may not carry the count of attempts to where it no longer fits.
        #expect(read(record(1, UInt32(WireFormat.maximumAttempt) + 1), kind) == (kind.name == "results" ? .malformedBody : nil))
    }

    @Test func `a status that does not fit the message is refused`() {
        func record(_ status: PBStatus) -> Data {
            body(
                .make {
                    $0.id = 1
                    $0.attempt = 1
                    $0.status = status
                })
        }
        for status in PBStatus.allCases + [.UNRECOGNIZED(99)] {
            let isWorkers = [.succeeded, .failed, .interrupted, .returned, .started].contains(status)
            #expect(read(record(status), ReadingTests.results) == (isWorkers ? nil : .badProperty), "\(status)")
            let isEnd = [.succeeded, .failed, .cancelled, .expired].contains(status)
            #expect(read(record(status), ReadingTests.reply) == (isEnd ? nil : .badProperty), "\(status)")
        }
    }

    @Test func `each status has one name, and each end of a task its status`() {
        for status in PBStatus.allCases where status != .unspecified { #expect(PBStatus(name: status.name) == status) }
        for name in ["unspecified", "ended", "", "Accepted", "3"] { #expect(PBStatus(name: name) == nil) }
        for state in TaskState.allCases {
            #expect(PBStatus(ending: state) == (state.isTerminal ? PBStatus(name: state.name) : .unspecified))
        }
    }
}

extension PBRecord {
    static func make(_ fill: (inout PBRecord) -> Void) -> PBRecord {
        var record = PBRecord()
        fill(&record)
        return record
    }
}
