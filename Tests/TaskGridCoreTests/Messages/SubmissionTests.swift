import AMQP
import Foundation
import TaskGridCore
import Testing

@Suite struct SubmissionTests {
    static let type = TopologyTests.reverse

    func submission(_ form: MessageForm, _ task: Submission.Task) -> Submission {
        Submission(form: form, type: Self.type, key: "k", tasks: [task])
    }

    /// The least that a client in another language writes.
    @Test func `a submission needs a type and a key alone`() throws {
        let message = Message(properties: BasicProperties(messageID: "k", type: "reverse"))
        #expect(try Submission(message) == submission(.single, .init(payload: Data())))
    }

    @Test func `a submission without a valid key is refused`() {
        let message = ReadingTests.submission.single
        #expect(refusal { _ = try Submission(message.with { $0.properties.messageID = nil }) } == .missingProperty)
        #expect(refusal { _ = try Submission(message.with { $0.properties.messageID = "" }) } == .missingProperty)
        #expect(
            refusal { _ = try Submission(message.with { $0.properties.messageID = String(repeating: "é", count: 128) }) } == .badProperty)
        #expect(refusal { _ = try Submission(message.with { $0.properties.messageID = String(repeating: "k", count: 255) }) } == nil)
    }

    @Test func `the client is optional, and its id bounded`() throws {
        let message = ReadingTests.submission.single
        #expect(try Submission(message.with { $0.properties.replyTo = "" }).client == nil)
        let longest = String(repeating: "c", count: WireFormat.maximumIDLength)
        #expect(try Submission(message.with { $0.properties.replyTo = longest }).client == longest)
        #expect(refusal { _ = try Submission(message.with { $0.properties.replyTo = longest + "c" }) } == .badProperty)
    }

    /// 0 says as much as nothing, in a header as in a record.
    @Test func `a zero in a record means that nothing is set`() throws {
        var message = ReadingTests.submission.single
        for header in [WireFormat.Header.maxAttempts, WireFormat.Header.timeout, WireFormat.Header.due, WireFormat.Header.expires] {
            message.properties.headers[header] = 0
        }
        #expect(try Submission(message) == submission(.single, .init(payload: Data("x".utf8))))
    }

    @Test func `priorities above the highest are the highest`() throws {
        for form in [MessageForm.single, .batch] {
            for (given, read) in [(-5, 0), (0, 0), (9, 9), (10, 9), (1000, 9)] {
                let message = submission(form, .init(payload: Data(), settings: TaskSettings(priority: given))).message()
                #expect(try Submission(message).tasks[0].settings.priority == read)
            }
        }
    }

    /// A submission with any settings can be read; a bound that cannot be carried becomes the nearest that can.
    @Test(arguments: [MessageForm.single, .batch]) func `settings out of range are refused`(_ form: MessageForm) throws {
        func sent(_ task: Submission.Task) throws -> Submission.Task {
            try Submission(submission(form, task).message()).tasks[0]
        }
        for timeout in [Duration.zero, .seconds(-1), .microseconds(500), .milliseconds(1)] {
            #expect(try sent(.init(payload: Data(), settings: TaskSettings(timeout: timeout))).settings.timeout == .milliseconds(1))
        }
        for timeout in [WireFormat.maximumTimeout, .seconds(Int64.max)] {
            #expect(
                try sent(.init(payload: Data(), settings: TaskSettings(timeout: timeout))).settings.timeout == WireFormat.maximumTimeout)
        }
        for (time, read) in [(Int64.min, 1), (0, 1), (1, 1), (Int64.max, WireFormat.maximumTime.rawValue)] {
            let task = try sent(
                .init(payload: Data(), settings: TaskSettings(due: Timestamp(rawValue: time), expires: Timestamp(rawValue: time))))
            #expect(task.settings.due == Timestamp(rawValue: read) && task.settings.expires == Timestamp(rawValue: read))
        }
        for (attempts, read) in [(Int.min, 1), (0, 1), (7, 7), (Int.max, Int(Int32.max))] {
            #expect(try sent(.init(payload: Data(), settings: TaskSettings(maxAttempts: attempts))).settings.maxAttempts == read)
        }
    }

    @Test func `headers out of range are refused`() {
        let message = ReadingTests.submission.single
        for (header, last) in [
            (WireFormat.Header.maxAttempts, Int64(Int32.max)), (WireFormat.Header.timeout, WireFormat.maximumTimeout.milliseconds),
            (WireFormat.Header.due, WireFormat.maximumTime.rawValue), (WireFormat.Header.expires, WireFormat.maximumTime.rawValue),
        ] {
            #expect(refusal { _ = try Submission(message.with(header, .int(last))) } == nil)
            #expect(refusal { _ = try Submission(message.with(header, .int(last + 1))) } == .badProperty)
        }
    }

    @Test(arguments: [MessageForm.single, .batch])
    func `durations travel as durations, and an expiry of nothing is one`(_ form: MessageForm) throws {
        func sent(_ task: Submission.Task) throws -> Submission.Task { try Submission(submission(form, task).message()).tasks[0] }
        let task = Submission.Task(payload: Data(), settings: TaskSettings(delay: .seconds(5), expiry: .seconds(60)))
        #expect(try sent(task) == task)
        #expect(try sent(.init(payload: Data(), settings: TaskSettings(expiry: .zero))).settings.expiry == .zero)
        #expect(try sent(.init(payload: Data(), settings: TaskSettings(delay: .zero))).settings.delay == nil)
        for (given, read) in [(Duration.seconds(-5), Duration.zero), (.seconds(Int64.max), WireFormat.maximumDelay)] {
            #expect(try sent(.init(payload: Data(), settings: TaskSettings(expiry: given))).settings.expiry == read)
        }
    }

    @Test(arguments: [MessageForm.single, .batch])
    func `a duration and an absolute time of the same task are refused`(_ form: MessageForm) {
        let time = Timestamp(rawValue: 7)
        for task in [
            Submission.Task(payload: Data(), settings: TaskSettings(delay: .seconds(1), due: time)),
            .init(payload: Data(), settings: TaskSettings(expiry: .zero, expires: time)),
        ] {
            #expect(refusal { _ = try Submission(submission(form, task).message()) } == .badProperty)
        }
    }

    @Test func `durations and fingerprints that are none are refused`() {
        let message = ReadingTests.submission.single
        for header in [WireFormat.Header.delay, WireFormat.Header.expiry] {
            let last = WireFormat.maximumDelay.milliseconds
            #expect(refusal { _ = try Submission(message.with(header, .int(last))) } == nil)
            for value in [FieldValue.int(last + 1), .int(-1), .string("5"), .int(.min), .int(.max)] {
                #expect(refusal { _ = try Submission(message.with(header, value)) } == .badProperty)
            }
        }
        for text in ["x", String(repeating: "g", count: 32)] {
            #expect(refusal { _ = try Submission(message.with(WireFormat.Header.fingerprint, .string(text))) } == .badProperty)
        }
    }

    @Test func `a routing key that names another type is refused`() {
        #expect(refusal { try Self.type.check(routingKey: "hash") } == .typeMismatch)
        #expect(refusal { try Self.type.check(routingKey: "reverse.hash") } == .typeMismatch)
        #expect(refusal { try Self.type.check(routingKey: "reverse") } == nil)
    }

    @Test func `a due time that has passed is kept`() throws {
        let message = ReadingTests.submission.single.with(WireFormat.Header.due, 1)
        #expect(try Submission(message).tasks[0].settings.due == Timestamp(rawValue: 1))
    }
}
