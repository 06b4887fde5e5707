import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite struct QueryTests {
    func roundTrip<Asked: Query & Equatable>(_ query: Asked, _ answer: Asked.Answer) throws where Asked.Answer: Equatable {
        let asked = query.message(from: "c", correlation: "42")
        #expect(asked.properties.type == Asked.name)
        #expect(asked.properties.replyTo == "c" && asked.properties.correlationID == "42")
        #expect(try JSON.decode(Asked.self, asked.body) == query)
        let answered = AnswerMessage.message(.success(answer), to: asked)
        #expect(answered.properties.correlationID == "42" && answered.properties.type == Asked.name)
        #expect(AnswerMessage.isAnswer(answered))
        #expect(try AnswerMessage.read(Asked.Answer.self, answered) == answer)
    }

    @Test func `queries and answers come back as they were written`() throws {
        try forAll(100) { generator, _ in
            let record = TaskRecord.random(using: &generator)
            let (type, state, id) = (generator.maybe { $0.type() }, generator.maybe { _ in record.status }, generator.maybe { $0.taskID() })
            try roundTrip(TaskQuery(id: record.id), record)
            try roundTrip(TasksQuery(type: type, state: state, before: id, limit: generator.number(1...1000)), .init(tasks: [record]))
            let filter = TaskFilter(
                type: type, state: state, createdSince: generator.maybe { $0.timestamp() },
                createdUntil: generator.maybe { $0.timestamp() },
                completedSince: generator.maybe { $0.timestamp() }, completedUntil: generator.maybe { $0.timestamp() },
                text: generator.maybe { "\($0.text())." }, errorGroup: generator.maybe { ErrorGroup(text: $0.text()) },
                isOpen: generator.number(0...1) == 1
            )
            try roundTrip(TasksQuery(filter, before: id, limit: 7), .init(tasks: [record], next: generator.maybe { $0.taskID() }))
            try roundTrip(TasksQuery(filter, limit: 7, isBrief: true), .init(tasks: []))
            let pause = PauseOutcome(type: record.type, outcome: [.done, .unchanged, .unknown][generator.number(0...2)])
            try roundTrip(PauseQuery(types: [record.type], time: generator.number(0...1) == 0 ? nil : 3_600_000), .init(types: [pause]))
            try roundTrip(ResumeQuery(types: [record.type]), .init(types: [pause]))
            let reason: ForgetOutcome.Reason = [.workers, .tasks, .paused, .history][generator.number(0...3)]
            let forget = ForgetOutcome(type: record.type, outcome: .refused, reason: reason)
            try roundTrip(ForgetQuery(types: [record.type]), .init(types: [forget]))
            try roundTrip(MatchesQuery(filter, before: id), .init(count: generator.number(0...9), next: id))
            let group = FailureGroup(
                type: record.type, error: "failed: #", count: generator.number(0...9), example: generator.text(), newest: record.id,
                first: generator.timestamp(), last: generator.timestamp())
            try roundTrip(FailuresQuery(filter, before: id), .init(groups: [group], next: id))
            var bulk = BulkAction(id: "b", kind: .retry, filter: filter, expected: 3, started: generator.timestamp())
            (bulk.state, bulk.done, bulk.refused, bulk.before, bulk.ended) = (.exceeded, 2, 1, id, generator.maybe { $0.timestamp() })
            try roundTrip(BulkQuery(.cancel, matching: filter, expected: 9, id: generator.text()), bulk)
            try roundTrip(BulkStopQuery(id: generator.text()), bulk)
            try roundTrip(BulkActionsQuery(id: generator.maybe { $0.text() }), .init(actions: [bulk]))
            try roundTrip(
                WorkerRequestQuery(.quiet, worker: generator.text()), .init(worker: generator.text(), types: [record.type], running: 3))
            let outcome = CommandOutcome(id: record.id, outcome: [.done, .refused, .unknown][generator.number(0...2)], state: state)
            try roundTrip(CancelQuery(tasks: [record.id]), .init(tasks: [outcome]))
            try roundTrip(RetryQuery(tasks: [record.id]), .init(tasks: [outcome]))
            try roundTrip(RetryQuery(matching: filter, before: id), .init(tasks: [outcome], next: id))
            try roundTrip(
                EndingsQuery(tasks: [record.id]),
                .init(ended: [record], unknown: [generator.taskID()], lookedAt: generator.maybe { $0.number(0...5000) })
            )
            try roundTrip(
                ContentQuery(id: record.id, part: [.payload, .result][generator.number(0...1)], from: generator.number(0...1 << 40)),
                .init(bytes: generator.bytes(), size: generator.number(0...1 << 40))
            )
            try roundTrip(CountsQuery(after: type), .init(store: "s", types: [:], next: generator.maybe { $0.type() }))
            try roundTrip(WorkersQuery(type: type, after: "w"), .init(workers: [], next: generator.maybe { $0.text() }))
            try roundTrip(
                CountsQuery(),
                .init(store: generator.text(), types: [generator.type(): .random(using: &generator)], paused: [record.type]))
            let live = LiveWorker(worker: .random(using: &generator), lastSeen: generator.timestamp())
            try roundTrip(WorkersQuery(type: type), .init(workers: [live]))
            let stamp = ServiceStamp(
                version: generator.text(), at: generator.timestamp(), process: generator.maybe { $0.text() },
                problem: generator.maybe { $0.text() })
            try roundTrip(WorkersQuery(type: type), .init(workers: [], service: stamp))
            try roundTrip(LimitsQuery(), .init(maximumPayload: generator.number(0...1 << 40), service: generator.maybe { _ in stamp }))
        }
    }

    @Test func `each query has its service and its name`() {
        let dispatcher: [any Query.Type] = [
            TaskQuery.self, ContentQuery.self, TasksQuery.self, MatchesQuery.self, EndingsQuery.self, CountsQuery.self,
            CancelQuery.self, RetryQuery.self, PauseQuery.self, ResumeQuery.self, ForgetQuery.self,
        ]
        #expect(
            dispatcher.map { $0.name } == [
                "task", "content", "tasks", "matches", "endings", "counts", "cancel", "retry", "pause", "resume", "forget",
            ])
        #expect(dispatcher.allSatisfy { $0.service == .dispatcher })
        #expect(WorkersQuery.name == "workers" && WorkersQuery.service == .nameservice)
    }

    @Test func `a refused query throws its error at the client`() {
        let asked = TaskQuery(id: 1).message(from: "c", correlation: "42")
        let refused: Result<TaskRecord, QueryError> = .failure(QueryError(.notFound, "no task 1"))
        let message = AnswerMessage.message(refused, to: asked)
        #expect(throws: QueryError(.notFound, "no task 1")) { try AnswerMessage.read(TaskRecord.self, message) }
    }

    @Test(arguments: ["answer", "error", "other"]) func `an unreadable answer is an error`(_ status: String) throws {
        let message = Message(
            properties: BasicProperties(contentType: WireFormat.jsonContentType, headers: [WireFormat.Header.status: .string(status)]),
            body: Data("{".utf8)
        )
        do {
            _ = try AnswerMessage.read(TaskRecord.self, message)
            Issue.record("read")
        } catch {
            #expect(error.code == .unavailable)
        }
    }

    @Test(arguments: [#"{}"#, #"{"id":0}"#, #"{"id":"1"}"#, "", "[]"]) func `a malformed query is refused`(_ body: String) {
        #expect(refusal { _ = try JSON.decode(TaskQuery.self, Data(body.utf8)) } == .malformedBody)
    }

    /// A query of an older program has no filter, and the program can read its answer.
    @Test func `a query of an older program is read, and its answer has no fields that it does not know`() throws {
        let asked = try JSON.decode(TasksQuery.self, Data(#"{"type":"sum","state":"failed","before":9,"limit":5}"#.utf8))
        #expect(asked == TasksQuery(type: TaskType(literal: "sum"), state: .failed, before: 9, limit: 5))
        #expect(String(decoding: JSON.encode(TasksQuery.Answer(tasks: [])), as: UTF8.self) == #"{"tasks":[]}"#)
    }

    @Test(arguments: [
        #"{"limit":1,"text":""}"#, #"{"limit":1,"text":"a\u0000b"}"#, #"{"limit":1,"state":"done"}"#, #"{"limit":1,"completed_since":-1}"#,
        #"{"limit":1,"type":"A B"}"#,
        #"{"limit":1,"created_until":"yesterday"}"#, #"{"text":"x"}"#,
    ]) func `a malformed filter is refused`(_ body: String) {
        #expect(refusal { _ = try JSON.decode(TasksQuery.self, Data(body.utf8)) } == .malformedBody)
    }

    @Test func `the text to search for is bounded`() {
        let body = JSON.encode(MatchesQuery(TaskFilter(text: String(repeating: "x", count: TaskFilter.maximumTextLength + 1))))
        #expect(refusal { _ = try JSON.decode(MatchesQuery.self, body) } == .malformedBody)
    }

    @Test func `a body over the limit is refused`() {
        let body = Data(repeating: 0x20, count: WireFormat.maximumBodySize + 1)
        #expect(refusal { _ = try JSON.decode(TaskQuery.self, body) } == .tooLarge)
    }

    @Test func `an error names the place in the JSON`() {
        do {
            _ = try JSON.decode(EndingsQuery.self, Data(#"{"tasks":[1,"x"]}"#.utf8))
            Issue.record("read")
        } catch {
            #expect(error.message.hasPrefix("tasks[1]: "))
        }
    }

    @Test func `an error about a value of a choice names the value and no type of Swift's`() {
        struct Choice: Decodable {
            enum Reason: String, Decodable { case late }
            var reason: Reason
        }
        let error = #expect(throws: WireError.self) { try JSON.decode(Choice.self, Data(#"{"reason": "a\nb"}"#.utf8)) }
        #expect(error?.message == "reason: 'a\nb' is none of its values")
    }

    @Test func `a field value is a text or an integer, or neither`() {
        #expect(("a" as FieldValue).text == "a" && ("a" as FieldValue).integer == nil)
        #expect((1 as FieldValue).integer == 1 && (1 as FieldValue).text == nil)
        #expect((true as FieldValue) == .bool(true))
        for value: FieldValue in [.void, .double(1), .timestamp(1), .bytes(Data()), .array([]), .table([:]), true] {
            #expect(value.text == nil && value.integer == nil)
        }
    }
}
