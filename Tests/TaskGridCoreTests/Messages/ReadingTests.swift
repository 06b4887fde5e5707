import AMQP
import Foundation
import TaskGridCore
import Testing

/// Reads `message` and gives the code of the error, nil where there is none.
func refusal(_ read: () throws -> Void) -> WireError.Code? {
    do {
        try read()
        return nil
    } catch let error as WireError {
        return error.code
    } catch {
        Issue.record("\(error) is no WireError")
        return nil
    }
}

extension Message {
    /// The message with something changed.
    func with(_ change: (inout Message) -> Void) -> Message {
        var message = self
        change(&message)
        return message
    }

    func with(_ header: String, _ value: FieldValue?) -> Message { with { $0.properties.headers[header] = value } }
}

/// The properties that several kinds of message share, each kind with a valid message of its own.
@Suite struct ReadingTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        var name: String
        var single: Message
        var batch: Message
        var read: @Sendable (Message) throws -> Void
        var testDescription: String { name }
    }

    static let type = TopologyTests.reverse

    static let submission = Kind(
        name: "submission",
        single: Submission(form: .single, type: type, key: "k", tasks: [.init(payload: Data("x".utf8))]).message(),
        batch: Submission(form: .batch, type: type, key: "k", tasks: [.init(payload: Data("x".utf8))]).message(),
        read: { _ = try Submission($0) }
    )
    static let work = Kind(
        name: "work",
        single: Work(form: .single, type: type, store: "s", items: [.init(id: 1, attempt: 1, proof: .sample, payload: Data())]).message(
            isPersistent: false),
        batch: Work(form: .batch, type: type, store: "s", items: [.init(id: 1, attempt: 1, proof: .sample, payload: Data())]).message(
            isPersistent: false),
        read: { _ = try Work($0) }
    )
    static let results = Kind(
        name: "results",
        single: Results(
            form: .single, type: type, store: "s", worker: "w", items: [.init(id: 1, attempt: 1, proof: .sample, outcome: .returned)]
        )
        .message(isPersistent: false),
        batch: Results(
            form: .batch, type: type, store: "s", worker: "w", items: [.init(id: 1, attempt: 1, proof: .sample, outcome: .returned)]
        )
        .message(isPersistent: false),
        read: { _ = try Results($0) }
    )
    static let reply = Kind(
        name: "reply",
        single: Reply(form: .single, type: type, correlation: nil, content: .ended([.init(id: 1, state: .succeeded)])).message(),
        batch: Reply(form: .batch, type: type, correlation: nil, content: .ended([.init(id: 1, state: .succeeded)])).message(),
        read: { _ = try Reply($0) }
    )
    static let kinds = [submission, work, results, reply]

    @Test(arguments: kinds) func `valid messages are read`(_ kind: Kind) {
        #expect(refusal { try kind.read(kind.single) } == nil)
        #expect(refusal { try kind.read(kind.batch) } == nil)
    }

    @Test(arguments: kinds) func `a missing or invalid type is refused`(_ kind: Kind) {
        for message in [kind.single, kind.batch] {
            #expect(refusal { try kind.read(message.with { $0.properties.type = nil }) } == .missingProperty)
            #expect(refusal { try kind.read(message.with { $0.properties.type = "" }) } == .missingProperty)
            #expect(refusal { try kind.read(message.with { $0.properties.type = "No Type" }) } == .badProperty)
            #expect(refusal { try kind.read(message.with { $0.properties.type = String(repeating: "a", count: 300) }) } == .badProperty)
        }
    }

    @Test(arguments: kinds) func `unknown batch content types are refused, and all others are single messages`(_ kind: Kind) {
        func read(_ contentType: String?, _ message: Message) -> WireError.Code? {
            refusal { try kind.read(message.with { $0.properties.contentType = contentType }) }
        }
        for single in [nil, "", "text/plain", "application/json", ";", "text/plain; v=1", "application/x-protobuf"] {
            #expect(read(single, kind.single) == nil)
        }
        for batch in [
            WireFormat.batchContentType, "application/vnd.taskgrid.batch+protobuf;v=1", "Application/VND.TaskGrid.Batch+Protobuf ; V=1",
            "application/vnd.taskgrid.batch+protobuf; charset=binary; v=1",
        ] {
            #expect(read(batch, kind.batch) == nil)
        }
        for unknown in [
            "application/vnd.taskgrid.batch+protobuf", "application/vnd.taskgrid.batch+protobuf; v=2",
            "application/vnd.taskgrid.batch+protobuf; v=",
            "application/vnd.taskgrid.batch+protobuf; v=11",
            "application/vnd.taskgrid.batch+protobuf; v=" + String(repeating: "1", count: 9999),
        ] {
            #expect(read(unknown, kind.batch) == .unknownVersion)
        }
        #expect(read("application/vnd.taskgrid.stream+cbor; v=1", kind.batch) == .unknownContentType)
    }

    @Test(arguments: kinds) func `a body over the limit is refused`(_ kind: Kind) {
        let large = Data(count: WireFormat.maximumBodySize + 1)
        #expect(refusal { try kind.read(kind.single.with { $0.body = large }) } == .tooLarge)
        #expect(refusal { try kind.read(kind.batch.with { $0.body = large }) } == .tooLarge)
        #expect(refusal { try kind.read(kind.single.with { $0.body = large.dropLast() }) } == nil)
    }

    @Test(arguments: kinds) func `an empty body is a valid single message and no batch`(_ kind: Kind) {
        #expect(refusal { try kind.read(kind.single.with { $0.body = Data() }) } == nil)
        #expect(refusal { try kind.read(kind.batch.with { $0.body = Data() }) } == .malformedBody)
    }

    static let numbers: [FieldValue] = [
        .string("1"), .double(1), .bool(true), .int(-1), .int(.max), .int(.min), .void, .timestamp(1), .bytes(Data([1])), .array([1]),
        .table([:]),
    ]

    @Test(arguments: [
        (submission, [WireFormat.Header.maxAttempts, WireFormat.Header.timeout, WireFormat.Header.due, WireFormat.Header.expires]),
        (work, [WireFormat.Header.attempt, WireFormat.Header.timeout]), (results, [WireFormat.Header.attempt]),
        (reply, [WireFormat.Header.attempt]),
    ])
    func `an integer header with another value is refused`(_ kind: Kind, _ headers: [String]) {
        for header in headers {
            for value in Self.numbers {
                #expect(refusal { try kind.read(kind.single.with(header, value)) } == .badProperty, "\(header) \(value)")
            }
            #expect(refusal { try kind.read(kind.single.with(header, 1)) } == nil)
        }
    }

    @Test(arguments: [results, reply]) func `a run time is optional and never negative`(_ kind: Kind) {
        for value in Self.numbers where value != .int(.max) {
            #expect(refusal { try kind.read(kind.single.with(WireFormat.Header.runTime, value)) } == .badProperty, "\(value)")
        }
        for value: FieldValue? in [nil, 0, .int(.max)] {
            #expect(refusal { try kind.read(kind.single.with(WireFormat.Header.runTime, value)) } == nil)
        }
    }

    @Test(arguments: [
        (work, [WireFormat.Header.store]), (results, [WireFormat.Header.store, WireFormat.Header.status]),
        (reply, [WireFormat.Header.status]),
    ])
    func `a missing or invalid text header is refused`(_ kind: Kind, _ headers: [String]) {
        for header in headers {
            for value: FieldValue? in [nil, ""] {
                #expect(refusal { try kind.read(kind.single.with(header, value)) } == .missingProperty, "\(header)")
            }
            for value: FieldValue in [1, true, .bytes(Data([0xFF])), .void, .string(String(repeating: "s", count: 256))] {
                #expect(refusal { try kind.read(kind.single.with(header, value)) } == .badProperty, "\(header) \(value)")
            }
        }
    }

    @Test(arguments: [work, results, reply]) func `a missing or invalid task id is refused`(_ kind: Kind) {
        #expect(refusal { try kind.read(kind.single.with { $0.properties.messageID = nil }) } == .missingProperty)
        // 0 is a marker, which goes through work queues and comes back as a result.
        #expect(
            refusal { try kind.read(kind.single.with { $0.properties.messageID = "0" }) } == (kind.name == "reply" ? .badProperty : nil))
        for id in ["00", "-1", "x", "9223372036854775808", " 1", String(repeating: "9", count: 300)] {
            #expect(refusal { try kind.read(kind.single.with { $0.properties.messageID = id }) } == .badProperty, "\(id)")
        }
    }

    @Test(arguments: [submission, reply]) func `a correlation id is bounded`(_ kind: Kind) {
        for (text, code): (String, WireError.Code?) in [("", nil), (String(repeating: "c", count: 256), .badProperty)] {
            #expect(refusal { try kind.read(kind.single.with { $0.properties.correlationID = text }) } == code)
        }
    }

    /// An error quotes a bounded part of its input: the text becomes a header.
    @Test func `errors quote a bounded part of their input`() {
        let long = "e" + String(repeating: "\u{301}", count: 100_000)
        for change: (inout Message) -> Void in [
            { $0.properties.type = long }, { $0.properties.messageID = long },
            { $0.properties.contentType = "application/vnd.taskgrid." + long },
            { $0.properties.headers[WireFormat.Header.status] = .string(long) },
        ] {
            do {
                _ = try Results(Self.results.single.with(change))
                Issue.record("read")
            } catch {
                #expect(error.description.utf8.count <= WireError.maximumMessageLength + 30)
            }
        }
    }
}
