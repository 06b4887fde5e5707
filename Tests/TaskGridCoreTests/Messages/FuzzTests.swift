import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

/// Any message is read or refused with a `WireError` (the compiler sees to the type), and a message that is read can be written again
/// and reads the same.
@Suite struct FuzzTests {
    /// Everything that reads a message reads this one. How many could.
    func readAll(_ message: Message, _ seed: Comment) -> Int {
        var read = 0
        func again<Value: Equatable>(_ decode: (Message) throws(WireError) -> Value, _ encode: (Value) -> Message) {
            guard let value = try? decode(message) else { return }
            read += 1
            let back = try? decode(encode(value))
            #expect(back == value, seed)
        }
        func json<Value: Codable & Equatable>(_ type: Value.Type) {
            again({ message throws(WireError) in try JSON.decode(type, message.body) }, { Message(body: JSON.encode($0)) })
        }
        again({ message throws(WireError) in try Submission(message) }, { $0.message() })
        again({ message throws(WireError) in try Work(message) }, { $0.message(isPersistent: true) })
        again({ message throws(WireError) in try Results(message) }, { $0.message(isPersistent: true) })
        again({ message throws(WireError) in try Reply(message) }, { $0.message() })
        again({ message throws(WireError) in try RegistryMessage.decode(message).1 }, { $0.message(.heartbeat) })
        again({ message throws(WireError) in try CancelRequest(message) }, { $0.message() })
        json(TaskQuery.self)
        json(TasksQuery.self)
        json(PauseQuery.self)
        json(ForgetQuery.self)
        json(TaskRecord.self)
        json(WorkersQuery.self)
        json(WorkersQuery.Answer.self)
        json(TypeEvent.self)
        json(WorkerEvent.self)
        json(GridEvent.self)
        json(TaskRecord.self)
        json(EndingsQuery.self)
        json(EndingsQuery.Answer.self)
        json(CountsQuery.Answer.self)
        json(TaskError.self)
        _ = AnswerMessage.isAnswer(message)
        _ = try? AnswerMessage.read(TaskRecord.self, message)
        // A service that refuses a message has to be able to publish it.
        let dead = Publication.deadLetter(message, because: "malformed_body", Topology()).message
        #expect(dead.body == message.body && dead.properties.headers[WireFormat.Header.reason] != nil, seed)
        return read
    }

    @Test func `random messages are read or refused, and crash nothing`() {
        forAll(3000) { generator, seed in
            var properties = BasicProperties(
                contentType: generator.maybe { _ in WireFormat.batchContentType }, isPersistent: .random(using: &generator),
                priority: generator.maybe { .random(in: 0...255, using: &$0) }, correlationID: generator.maybe { $0.anyText() },
                replyTo: generator.maybe { $0.anyText() }, messageID: generator.maybe { $0.anyText() }, type: generator.anyText(),
                appID: generator.maybe { $0.anyText() }
            )
            for _ in 0..<generator.number(0...8) { properties.headers[generator.header()] = generator.fieldValue() }
            _ = readAll(Message(properties: properties, body: generator.bytes(0...300)), seed)
        }
    }

    @Test func `mutated messages are read or refused, and crash nothing`() {
        var read = 0
        var refused = 0
        forAll(6000) { generator, seed in
            var message = generator.message()
            for _ in 0..<generator.number(0...4) { message.mutate(using: &generator) }
            let count = readAll(message, seed)
            if count > 0 { read += 1 } else { refused += 1 }
        }
        #expect(read > 500 && refused > 500, "the mutations are neither all harmless nor all fatal: \(read) read, \(refused) refused")
    }
}

extension Seeded {
    mutating func header() -> String {
        [
            WireFormat.Header.attempt, WireFormat.Header.status, WireFormat.Header.error, WireFormat.Header.timeout,
            WireFormat.Header.maxAttempts, WireFormat.Header.due, WireFormat.Header.expires, WireFormat.Header.runTime,
            WireFormat.Header.store, WireFormat.Header.worker, WireFormat.Header.announce, WireFormat.Header.count,
            WireFormat.Header.proof,
        ].randomElement(using: &self)!
    }

    mutating func fieldValue() -> FieldValue {
        switch number(0...9) {
        case 0: .bool(.random(using: &self))
        case 1: .int([.min, -1, 0, 1, 7, 1 << 31, 1 << 53, .max].randomElement(using: &self)!)
        case 2: .double([0, 1, -1, .nan, .infinity].randomElement(using: &self)!)
        case 3: .bytes(bytes())
        case 4: .timestamp(.random(in: 0...(.max), using: &self))
        case 5: .array([.void, 1])
        case 6: .table(["x": .void])
        case 7: .string(anyText())
        case 8:
            .string(["succeeded", "failed", "accepted", "rejected", "ended", "started", "answer", "error"].randomElement(using: &self)!)
        default: .void
        }
    }

    mutating func anyText() -> String {
        switch number(0...5) {
        case 0: ""
        case 1: String(repeating: "x", count: number(1...700))
        case 2: String(decoding: bytes(), as: UTF8.self)
        case 3: String(Int64.random(in: .min ... .max, using: &self))
        case 4: ["reverse", "heartbeat", "1", "9223372036854775807"].randomElement(using: &self)!
        default: text()
        }
    }

    /// A valid message of any kind.
    mutating func message() -> Message {
        switch number(0...11) {
        case 0: Submission.random(using: &self).message()
        case 1: Work.random(using: &self).message(isPersistent: false)
        case 2: Results.random(using: &self).message(isPersistent: false)
        case 3: Reply.random(using: &self).message()
        case 4: RegistryMessage.random(using: &self).message(.heartbeat)
        case 5: .event(TypeEvent.random(using: &self))
        case 7: CancelRequest(tasks: list(0...5) { .init(task: $0.taskID(), attempt: $0.number(1...9)) }).message()
        case 8: .event(GridEvent(kind: .error, service: text(), at: timestamp(), message: text()))
        case 9: .event(WorkerEvent(kind: .left, reason: .leaseExpired, at: timestamp(), worker: .random(using: &self)))
        case 10: WorkersQuery(type: maybe { $0.type() }).message(from: text(), correlation: text())
        case 11:
            AnswerMessage.message(
                .success(
                    WorkersQuery.Answer(workers: list(0...3) { LiveWorker(worker: .random(using: &$0), lastSeen: $0.timestamp()) })),
                to: WorkersQuery().message(from: "c", correlation: "1")
            )
        case 6: EndingsQuery(tasks: list(0...5) { $0.taskID() }).message(from: "c", correlation: "1")
        default:
            AnswerMessage.message(
                .success(EndingsQuery.Answer(ended: [.random(using: &self)], unknown: [])),
                to: EndingsQuery(tasks: []).message(from: "c", correlation: "1")
            )
        }
    }
}

extension Message {
    mutating func mutate(using generator: inout Seeded) {
        switch generator.number(0...11) {
        case 0...3 where !body.isEmpty:
            body[generator.number(0...body.count - 1)] = .random(in: 0...255, using: &generator)
        case 4 where !body.isEmpty: body = body.prefix(generator.number(0...body.count - 1))
        case 5:
            let place = generator.number(0...body.count)
            body = body.prefix(place) + generator.bytes(1...5) + body.suffix(body.count - place)
        case 6: properties.headers[generator.header()] = generator.fieldValue()
        case 7: properties.headers[generator.header()] = nil
        case 8: properties.messageID = generator.maybe { $0.anyText() }
        case 9: properties.type = generator.maybe { $0.anyText() }
        case 10: properties.contentType = generator.maybe { $0.maybe { _ in WireFormat.batchContentType } ?? $0.anyText() }
        default: properties.correlationID = generator.maybe { $0.anyText() }
        }
    }
}
