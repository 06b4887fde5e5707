import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite struct ReplyTests {
    func message(_ status: String, id: String? = "7", _ headers: FieldTable = [:]) -> Message {
        Message(
            properties: BasicProperties(
                headers: headers.merging([WireFormat.Header.status: .string(status)]) { $1 }, correlationID: "c", messageID: id,
                type: "reverse"
            )
        )
    }

    @Test func `an acceptance carries the first id and the count of its tasks`() throws {
        #expect(try Reply(message("accepted")).content == .accepted(first: 7, count: 1))
        #expect(try Reply(message("accepted", [WireFormat.Header.count: 500])).content == .accepted(first: 7, count: 500))
        #expect(refusal { _ = try Reply(message("accepted", id: nil)) } == .missingProperty)
        for count: FieldValue in [0, -1, 10_001, "1"] {
            #expect(refusal { _ = try Reply(message("accepted", [WireFormat.Header.count: count])) } == .badProperty)
        }
    }

    /// The last of the ids can be computed.
    @Test func `ids do not overflow`() throws {
        let last = String(Int64.max)
        #expect(refusal { _ = try Reply(message("accepted", id: last, [WireFormat.Header.count: 2])) } == .badProperty)
        let fitting = try Reply(message("accepted", id: String(Int64.max - 2), [WireFormat.Header.count: 2]))
        guard case .accepted(let first, let count, _) = fitting.content else { return #expect(Bool(false), "not accepted") }
        #expect(first.advanced(by: count) == TaskID(Int64.max))
    }

    @Test func `a rejection carries its code and its text`() throws {
        func rejection(_ error: FieldValue?) throws -> Reply.Content {
            try Reply(message("rejected", id: nil, [:]).with(WireFormat.Header.error, error)).content
        }
        #expect(try rejection("unknown_type: no such type") == .rejected(Rejection(.unknownType, "no such type")))
        #expect(try rejection("a later code: text") == .rejected(Rejection(.malformed, "a later code: text")))
        #expect(try rejection(nil) == .rejected(Rejection(.malformed, "")))
        #expect(Rejection(.malformed, String(repeating: "é", count: 9999)).message.utf8.count == TaskError.maximumMessageLength)
    }

    @Test func `only the statuses of ended tasks are endings`() throws {
        let attempt: FieldTable = [WireFormat.Header.attempt: 2]
        for state in TaskState.allCases {
            let code = refusal { _ = try Reply(message(state.name, attempt)) }
            #expect(code == (state.isTerminal ? nil : .badProperty))
        }
        for status in ["started", "interrupted", "returned", "ended", "unspecified"] {
            #expect(refusal { _ = try Reply(message(status, attempt)) } == .badProperty)
        }
        #expect(refusal { _ = try Reply(message("succeeded")) } == .missingProperty)
    }

    @Test(arguments: ["accepted", "rejected", "succeeded", "batch"]) func `a batch of replies consists of endings`(_ status: String) {
        let batch = ReadingTests.reply.batch
        #expect(refusal { _ = try Reply(batch.with(WireFormat.Header.status, .string(status))) } == .badProperty)
    }

    @Test func `replies and answers are told apart`() throws {
        let query = TaskType(literal: "reverse")
        for seed in UInt64(0)..<50 {
            var generator = Seeded(seed: seed)
            #expect(!AnswerMessage.isAnswer(Reply.random(using: &generator).message()))
        }
        let asked = WorkersQuery(type: query).message(from: "c", correlation: "1")
        #expect(AnswerMessage.isAnswer(AnswerMessage.message(.success(WorkersQuery.Answer(workers: [])), to: asked)))
        let refused: Result<WorkersQuery.Answer, QueryError> = .failure(QueryError(.notFound, "no"))
        #expect(AnswerMessage.isAnswer(AnswerMessage.message(refused, to: asked)))
    }
}
