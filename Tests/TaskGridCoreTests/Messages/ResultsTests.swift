import AMQP
import Foundation
import TaskGridCore
import Testing

@Suite struct ResultsTests {
    let message = ReadingTests.results.single

    @Test(arguments: [
        ("succeeded", Results.Outcome.succeeded(Data("out".utf8))), ("failed", .failed(TaskError(.failed, ""))),
        ("interrupted", .interrupted), ("returned", .returned), ("started", .started),
    ])
    func `each status of a result is its outcome`(_ name: String, _ outcome: Results.Outcome) throws {
        let message = message.with(WireFormat.Header.status, .string(name)).with { $0.body = Data("out".utf8) }
        #expect(try Results(message).items.map(\.outcome) == [outcome])
    }

    @Test(arguments: ["accepted", "rejected", "cancelled", "expired", "unspecified", "ended", "Succeeded", "3"])
    func `a status that no worker may report is refused`(_ name: String) {
        #expect(refusal { _ = try Results(message.with(WireFormat.Header.status, .string(name))) } == .badProperty)
    }

    /// A failure is never lost for the way its text is written.
    @Test func `a failure is read however its text is written`() throws {
        let failed = message.with(WireFormat.Header.status, "failed")
        func outcome(_ error: FieldValue) throws -> Results.Outcome {
            try Results(failed.with(WireFormat.Header.error, error)).items[0].outcome
        }
        #expect(try outcome("invalid_input: no number") == .failed(TaskError(.invalidInput, "no number")))
        #expect(try outcome("division by zero") == .failed(TaskError(.failed, "division by zero")))
        #expect(try outcome(.bytes(Data([0x66, 0xFC, 0x72]))) == .failed(TaskError(.failed, "f\u{FFFD}r")))
        #expect(
            try outcome(.bytes(Data(repeating: 0x78, count: 100_000))) == .failed(TaskError(.failed, String(repeating: "x", count: 4096))))
        #expect(refusal { _ = try outcome(1) } == .badProperty)
    }

    @Test func `a result without a valid worker id is refused`() {
        for (id, code): (String?, WireError.Code?) in [
            (nil, .missingProperty), ("", .missingProperty), ("w", nil),
            (String(repeating: "w", count: WireFormat.maximumIDLength + 1), .badProperty),
        ] {
            #expect(refusal { _ = try Results(message.with { $0.properties.appID = id }) } == code)
        }
    }

    @Test func `a result without a valid attempt number is refused`() {
        for (attempt, code): (Int64, WireError.Code?) in [
            (0, .badProperty), (1, nil), (Int64(WireFormat.maximumAttempt), nil), (Int64(WireFormat.maximumAttempt) + 1, .badProperty),
        ] {
            #expect(refusal { _ = try Results(message.with(WireFormat.Header.attempt, .int(attempt))) } == code)
        }
        #expect(refusal { _ = try Results(message.with(WireFormat.Header.attempt, nil)) } == .missingProperty)
    }

    @Test(arguments: [MessageForm.single, .batch]) func `a negative run time counts as zero`(_ form: MessageForm) throws {
        let item = Results.Item(id: 1, attempt: 1, proof: .sample, outcome: .interrupted, runTime: .seconds(-5))
        let results = Results(form: form, type: ReadingTests.type, store: "s", worker: "w", items: [item])
        #expect(try Results(results.message(isPersistent: false)).items[0].runTime == .zero)
    }

    @Test func `a work message says whether its tasks are announced before they run`() throws {
        let work = ReadingTests.work.single
        #expect(try Work(work.with(WireFormat.Header.announce, true)).announce)
        #expect(try !Work(work.with(WireFormat.Header.announce, false)).announce)
        #expect(try !Work(work.with(WireFormat.Header.announce, nil)).announce)
        for value: FieldValue in [1, "true", .void] {
            #expect(refusal { _ = try Work(work.with(WireFormat.Header.announce, value)) } == .badProperty)
        }
    }
}
