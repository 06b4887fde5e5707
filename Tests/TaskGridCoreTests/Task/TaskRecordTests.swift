import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite struct TaskRecordTests {
    static let type = TaskType(literal: "reverse")

    let full = TaskRecord(
        id: 7, type: type, payload: Data("ab".utf8), result: Data("ba".utf8), status: .succeeded,
        created: Timestamp(rawValue: 1000), completed: Timestamp(rawValue: 2000), attempt: 1,
        settings: TaskSettings(maxAttempts: 3, priority: 4),
        error: TaskError(.timedOut, "once"), worker: "w", due: Timestamp(rawValue: 1500), key: "k"
    )

    /// The names are the contract with people and programs.
    @Test func `the names of a record's fields are fixed`() {
        let text =
            #"{"attempt":1,"due":1500,"error":"timed_out: once","id":7,"key":"k","max_attempts":3,"payload":"ab","priority":4,"#
            + #""result":"ba","status":"succeeded","timestamp_completed":2000,"timestamp_created":1000,"type":"reverse","worker":"w"}"#
        #expect(String(decoding: JSON.encode(full), as: UTF8.self) == text)
    }

    @Test func `the names of an attempt's fields are fixed`() {
        var record = full
        record.settings.timeout = .seconds(5)
        record.settings.backoff = Backoff(base: .seconds(1), ceiling: .seconds(60))
        record.expires = Timestamp(rawValue: 3000)
        record.runTime = .milliseconds(2)
        record.attempts = [
            .ended(
                1, .timedOut, at: Timestamp(rawValue: 2000), after: .milliseconds(500), worker: "w", error: TaskError(.timedOut, "once")),
            Attempt(number: 2, outcome: .running),
        ]
        let text =
            #""attempts":[{"ended":2000,"error":"timed_out: once","number":1,"outcome":"timed_out","run_us":500000,"#
            + #""started":1500,"worker":"w"},"#
            + #"{"number":2,"outcome":"running"}],"#
        let written = String(decoding: JSON.encode(record), as: UTF8.self)
        #expect(written.contains(text))
        for member in [#""timeout_ms":5000"#, #""backoff":"exponential:1s:1m""#, #""expires":3000"#, #""run_us":2000"#] {
            #expect(written.contains(member))
        }
    }

    @Test func `fields without a value are left out`() {
        let record = TaskRecord(
            id: 7, type: Self.type, payload: Data(), status: .pending, created: Timestamp(rawValue: 1000),
            settings: TaskSettings(maxAttempts: 3), key: "k"
        )
        let text =
            #"{"attempt":0,"id":7,"key":"k","max_attempts":3,"payload":"","priority":0,"status":"pending","#
            + #""timestamp_created":1000,"type":"reverse"}"#
        #expect(String(decoding: JSON.encode(record), as: UTF8.self) == text)
    }

    @Test(arguments: [
        Data(), Data("text".utf8), Data([0]), Data([0xFF]), Data([0xC3]), Data([0xED, 0xA0, 0x80]), Data([0xC0, 0x80]),
        Data([0xEF, 0xBB, 0xBF, 0x61]), Data("e\u{301}é\u{2028}\"\\/\u{1F600}".utf8), Data(0...255),
    ])
    func `payloads of any bytes come back as they were written`(_ bytes: Data) throws {
        var record = full
        record.payload = bytes
        record.result = bytes
        let json = JSON.encode(record)
        let back = try JSON.decode(TaskRecord.self, json)
        #expect(back == record)
        #expect(back.payload == bytes && back.result == bytes)
        let isText = String(validating: bytes, as: UTF8.self) != nil
        let text = String(decoding: json, as: UTF8.self)
        #expect(text.contains(#""payload":"#) == isText && text.contains(#""result":"#) == isText)
        #expect(text.contains(#""payload_base64":"#) == !isText && text.contains(#""result_base64":"#) == !isText)
    }

    @Test func `random records come back as they were written`() throws {
        try forAll { generator, seed in
            let record = TaskRecord.random(using: &generator)
            let readRecord = try JSON.decode(TaskRecord.self, JSON.encode(record))
            #expect(readRecord == record, seed)
        }
    }

    @Test func `bad base64 is refused`() {
        let json = String(decoding: JSON.encode(full), as: UTF8.self).replacing(#""payload":"ab""#, with: #""payload_base64":"*""#)
        #expect(throws: WireError.self) { try JSON.decode(TaskRecord.self, Data(json.utf8)) }
    }
}
