import AMQP
import Foundation
import TaskGridCore
import Testing

/// `Wire.md` says what the code does: its examples are read, written again and come out the same.
@Suite struct WireSpecificationTests {
    let topology = Topology()

    @Test func `every kind of message has an example in Wire.md`() throws {
        let kinds = Dictionary(grouping: try WireExample.all(), by: { $0.kind.joined(separator: " ") }).mapValues(\.count)
        for (kind, count) in [
            ("submission", 2), ("work", 2), ("results", 3), ("reply", 4), ("registry", 1), ("query task", 1), ("answer task", 1),
            ("query tasks", 1), ("query matches", 1), ("answer matches", 1), ("query failures", 1), ("answer failures", 1),
            ("query bulk", 1), ("answer bulk", 1),
            ("query cancel", 1), ("answer cancel", 1),
            ("query retry", 2), ("answer retry", 1), ("query pause", 1), ("answer pause", 1), ("query resume", 1),
            ("control cancel", 1), ("control quiet", 1),
            ("event task", 1), ("event worker", 1), ("event grid", 1), ("refused missing_property", 1), ("refused bad_property", 1),
            ("refused unknown_version", 1), ("refused malformed_body", 1), ("refused unknown_content_type", 1),
        ] {
            #expect(kinds[kind, default: 0] >= count, "\(kind)")
        }
    }

    @Test func `every example in Wire.md is read and written as it stands`() throws {
        for example in try WireExample.all() {
            do {
                try check(example)
            } catch {
                Issue.record("the example at line \(example.line) of Wire.md: \(error)")
            }
        }
    }

    @Test(arguments: ["worker", "client"])
    func `a Python program declares nothing but its own queue, so that a user of few rights can run it`(name: String) throws {
        let root = (1...4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let program = try String(contentsOf: root.appending(path: "Sources/Examples/Python/\(name).py"), encoding: .utf8)
        #expect(!program.contains("exchange_declare("))
        let queues = program.split(separator: "\n").filter { $0.contains("queue_declare(") }
        #expect(!queues.isEmpty && queues.allSatisfy { $0.contains("exclusive=True") || $0.contains("passive=True") })
    }

    func check(_ example: WireExample) throws {
        let message = example.message
        switch example.kind.first {
        case "submission":
            let submission = try Submission(message)
            if let fingerprint = submission.fingerprint { #expect(fingerprint == Fingerprint(submission), "line \(example.line)") }
            expect(example, topology.submit, submission.type.name, submission.message())
        case "work":
            let work = try Work(message)
            expect(example, topology.work, work.type.name, work.message(isPersistent: message.properties.isPersistent))
        case "results":
            let results = try Results(message)
            expect(example, topology.results, results.type.name, results.message(isPersistent: message.properties.isPersistent))
        case "reply":
            expect(example, topology.reply, "app.laptop-4711-9f03ac", try Reply(message).message())
        case "registry":
            let (kind, content) = try RegistryMessage.decode(message)
            expect(example, topology.registry, Topology.registryKey(kind, worker: content.worker), content.message(kind))
        case "query":
            switch example.kind.last {
            case TasksQuery.name: try checkQuery(example, TasksQuery.self)
            case ContentQuery.name: try checkQuery(example, ContentQuery.self)
            case MatchesQuery.name: try checkQuery(example, MatchesQuery.self)
            case FailuresQuery.name: try checkQuery(example, FailuresQuery.self)
            case BulkQuery.name: try checkQuery(example, BulkQuery.self)
            case CancelQuery.name: try checkQuery(example, CancelQuery.self)
            case RetryQuery.name: try checkQuery(example, RetryQuery.self)
            case PauseQuery.name: try checkQuery(example, PauseQuery.self)
            case ResumeQuery.name: try checkQuery(example, ResumeQuery.self)
            case ForgetQuery.name: try checkQuery(example, ForgetQuery.self)
            default: try checkQuery(example, TaskQuery.self)
            }
        case "answer":
            switch example.kind.last {
            case ContentQuery.name: try checkAnswer(example, ContentQuery(id: 1, part: .payload))
            case MatchesQuery.name: try checkAnswer(example, MatchesQuery(TaskFilter()))
            case FailuresQuery.name: try checkAnswer(example, FailuresQuery(TaskFilter()))
            case BulkQuery.name: try checkAnswer(example, BulkQuery(.retry, matching: TaskFilter(), expected: 1, id: "b"))
            case CancelQuery.name: try checkAnswer(example, CancelQuery(tasks: []))
            case RetryQuery.name: try checkAnswer(example, RetryQuery(tasks: []))
            case PauseQuery.name: try checkAnswer(example, PauseQuery(types: []))
            case ForgetQuery.name: try checkAnswer(example, ForgetQuery(types: []))
            default: try checkAnswer(example, TaskQuery(id: 1))
            }
        case "control" where example.kind.last == HeartbeatRequest.name:
            expect(example, topology.control, Topology.allWorkersKey, try HeartbeatRequest(message).message())
        case "control" where example.kind.last == WorkerRequest.quiet.rawValue:
            let request = try #require(WorkerRequest(message))
            expect(example, topology.control, topology.workerKey("crew.node7-812-4c1d9e02"), request.message())
        case "control":
            let request = try CancelRequest(message)
            expect(example, topology.control, topology.cancelKey(TaskType(literal: "reverse")), request.message())
        case "event": try checkEvent(example)
        case "refused":
            let code = refusal { try Submission(message).type.check(routingKey: example.routingKey) }
            #expect(code?.rawValue == example.kind.last, "line \(example.line)")
        default: Issue.record("line \(example.line): '\(example.kind)' is no kind of example")
        }
    }

    func checkQuery<Asked: Query>(_ example: WireExample, _: Asked.Type) throws {
        let properties = example.message.properties
        let query = try JSON.decode(Asked.self, example.message.body)
        let asked = query.message(
            from: properties.replyTo ?? "", correlation: properties.correlationID ?? "", within: properties.expiration,
            budget: properties.headers[WireFormat.Header.answerBytes].map { _ in AnswerBudget(of: example.message) }
        )
        expect(example, topology.rpc, Asked.service.rawValue, asked)
    }

    func checkAnswer<Asked: Query>(_ example: WireExample, _ query: Asked) throws {
        let answer = try AnswerMessage.read(Asked.Answer.self, example.message)
        let asked = query.message(from: "c", correlation: example.message.properties.correlationID ?? "")
        expect(example, topology.reply, "app.laptop-4711-9f03ac", AnswerMessage.message(.success(answer), to: asked))
    }

    func checkEvent(_ example: WireExample) throws {
        switch example.kind.last {
        case "task":
            let event = try JSON.decode(TypeEvent.self, example.message.body)
            #expect(event.states.balances, "line \(example.line)")
            expect(example, topology.events, topology.taskEventKey(event.type), .event(event))
        case "worker":
            let event = try JSON.decode(WorkerEvent.self, example.message.body)
            expect(example, topology.events, topology.workerEventKey(event.kind), .event(event))
        case "grid":
            let event = try JSON.decode(GridEvent.self, example.message.body)
            expect(example, topology.events, topology.gridEventKey(event.kind.rawValue), .event(event))
        default: Issue.record("line \(example.line): no such event")
        }
    }

    /// The example goes where it says, and is what the code writes; JSON except its white space and the order of members.
    func expect(_ example: WireExample, _ exchange: Exchange, _ key: String, _ written: Message) {
        #expect(example.exchange == exchange.name, "line \(example.line)")
        #expect(example.routingKey == key, "line \(example.line)")
        #expect(example.message.properties == written.properties, "line \(example.line)")
        guard written.properties.contentType == WireFormat.jsonContentType else {
            #expect(Array(example.message.body) == Array(written.body), "line \(example.line)")
            return
        }
        let (shown, expected) = (canonical(example.message.body), canonical(written.body))
        #expect(shown != nil && shown == expected, "line \(example.line)")
    }

    func canonical(_ json: Data) -> Data? {
        (try? JSONSerialization.jsonObject(with: json)).flatMap {
            try? JSONSerialization.data(withJSONObject: $0, options: [.sortedKeys])
        }
    }

    /// Every header is described, and none that there is not.
    @Test func `Wire.md describes every header, and none that does not exist`() throws {
        let named = Set(try WireExample.text().matches(of: /taskgrid-[a-z][a-z-]*[a-z]/).map { String($0.output) })
        let known: Set = [
            WireFormat.Header.attempt, WireFormat.Header.status, WireFormat.Header.error, WireFormat.Header.timeout,
            WireFormat.Header.maxAttempts, WireFormat.Header.backoff, WireFormat.Header.due, WireFormat.Header.expires,
            WireFormat.Header.runTime,
            WireFormat.Header.store, WireFormat.Header.worker, WireFormat.Header.announce, WireFormat.Header.count,
            WireFormat.Header.reason, WireFormat.Header.size, WireFormat.Header.alone, WireFormat.Header.delay, WireFormat.Header.expiry,
            WireFormat.Header.fingerprint, WireFormat.Header.isRepeat, WireFormat.Header.answerBytes, WireFormat.Header.deadAt,
            WireFormat.Header.proof, WireFormat.Header.user, WireFormat.Header.actor, BasicProperties.formerUser,
        ]
        #expect(named == known)
    }

    /// Every code, name and bound that a reader may meet is described.
    @Test func `Wire.md describes every code, name and bound`() throws {
        let text = try WireExample.text()
        let rejections: [Rejection.Code] = [
            .unknownType, .payloadTooLarge, .empty, .malformed, .storeUnavailable, .outcomeUnknown, .keyReused, .forbidden,
        ]
        let refusals: [WireError.Code] = [
            .unknownContentType, .unknownVersion, .tooLarge, .malformedBody, .missingProperty, .badProperty, .typeMismatch,
            .wrongUser, .invalidProof,
        ]
        let queries: [QueryError.Code] = [.notFound, .badQuery, .unavailable, .conflict, .forbidden]
        let words =
            rejections.map(\.rawValue) + refusals.map(\.rawValue) + queries.map(\.rawValue) + TaskError.Code.allCases.map(\.rawValue)
            + TaskState.allCases.filter(\.isTerminal).map(\.name) + ["started", "interrupted", "returned", "accepted", "rejected"]
            + topology.exchanges.map { $0.name.replacing("taskgrid.", with: "<p>.") }
            + [TaskQuery.name, TasksQuery.name, EndingsQuery.name, CountsQuery.name, WorkersQuery.name]
            + [
                ContentQuery.name, MatchesQuery.name, FailuresQuery.name, BulkQuery.name, BulkActionsQuery.name, BulkStopQuery.name,
                WorkerRequestQuery.name, CancelQuery.name, RetryQuery.name, PauseQuery.name,
                ResumeQuery.name,
            ]
            + [ForgetQuery.name] + [ForgetOutcome.Reason.workers, .tasks, .paused, .history].map(\.rawValue)
            + Attempt.Outcome.allCases.map(\.rawValue) + [PauseOutcome.Kind.done, .unchanged, .unknown].map(\.rawValue)
            + [CommandOutcome.Kind.done, .refused, .unknown].map(\.rawValue)
        for word in words { #expect(text.contains("`\(word)`"), "\(word)") }
        for exchange in topology.exchanges {
            #expect(text.contains("| `<p>.\(exchange.name.dropFirst("taskgrid.".count))` | \(exchange.kind) |"), "\(exchange.name)")
        }
        let bounds = [
            WireFormat.maximumBodySize, WireFormat.maximumRecords, WireFormat.maximumNameLength, WireFormat.maximumIDLength,
            Int(WireFormat.maximumTime.rawValue), Int(WireFormat.maximumTimeout.milliseconds), RegistryMessage.maximumSize,
            TaskError.maximumMessageLength, EndingsQuery.maximumTasks, TasksQuery.maximumLimit, Topology.maximumPrefixLength,
            TaskType.maximumLength, TaskFilter.maximumTextLength, CancelQuery.maximumTasks, RetryQuery.maximumTasks,
            CancelRequest.maximumTasks, PauseQuery.maximumTypes, ForgetQuery.maximumTypes, WireFormat.maximumDeadBodySize,
            QueryLimits.maximumBody, Int(QueryLimits.maximumPatience.milliseconds), AnswerBudget.standard.bytes,
            AnswerBudget.range.lowerBound, AnswerBudget.range.upperBound,
        ]
        for bound in bounds {
            let pattern = try Regex("\\b\(bound)\\b")
            #expect(text.contains(pattern), "\(bound)")
        }
        #expect(text.contains(WireFormat.batchContentType))
    }

    @Test func `Wire.md prints taskgrid.proto as it is`() throws {
        let file = try String(
            contentsOf: WireExample.specification.deletingLastPathComponent().deletingLastPathComponent().appending(path: "taskgrid.proto"),
            encoding: .utf8)
        let start = try #require(file.firstRange(of: "syntax ="))
        #expect(try WireExample.text().contains("```proto\n\(file[start.lowerBound...])```"))
    }

    @Test func `the batch that Wire.md explains byte by byte is that of its example`() throws {
        let rows = try WireExample.text().matches(of: /\n\| `((?:[0-9a-f]{2} ?)+)` \|/).map { $0.1.filter { $0 != " " } }
        let bytes = rows.joined()
        let body = bytes.indices.filter { bytes.distance(from: bytes.startIndex, to: $0) % 2 == 0 }
            .compactMap { UInt8(bytes[$0...].prefix(2), radix: 16) }
        let example = try #require(try WireExample.all().first { $0.kind == ["submission"] && $0.message.properties.contentType != nil })
        #expect(!body.isEmpty && Array(example.message.body) == body)
    }

    /// A row of the table of values: a header with its meanings.
    private struct Row {
        var header: String
        var zero: String
        var greatest: Int64
        var beyond: String
    }

    private func rows() throws -> [Row] {
        try WireExample.text().matches(of: /\n\| `([a-z-]+)`[^|]*\| [^|]+ \| [^|]+ \| ([^|]+) \| ([0-9]+) \| ([^|]+) \|/).map {
            Row(header: String($0.1), zero: String($0.2), greatest: try #require(Int64($0.3)), beyond: String($0.4))
        }
    }

    @Test func `0, the greatest value and what is beyond it mean what Wire.md says`() throws {
        let rows = try rows()
        #expect(rows.count == 10)
        for row in rows {
            func reading(_ value: Int64?) -> (code: WireError.Code?, read: String) {
                var read = ""
                let code = refusal { read = try self.reading(row.header, value) }
                return (code, read)
            }
            let without = reading(nil)
            let zero = reading(0)
            switch row.zero {
            case "as left out": #expect(zero.code == nil && zero.read == without.read, "\(row)")
            case "expires at once": #expect(zero.code == nil && zero.read != without.read, "\(row)")
            case "refused": #expect(zero.code == .badProperty && without.code == .missingProperty, "\(row)")
            default: #expect(zero.read == row.zero, "\(row)")
            }
            let greatest = reading(row.greatest)
            #expect(greatest.code == nil && greatest.read != without.read, "\(row)")
            for beyond in [row.greatest + 1, row.header == "priority" ? 255 : .max].map({ reading($0) }) {
                switch row.beyond {
                case "as greatest": #expect(beyond.code == nil && beyond.read == greatest.read, "\(row)")
                default: #expect(row.beyond == "refused" && beyond.code == .badProperty, "\(row)")
                }
            }
            if row.header != "priority" { #expect(reading(-1).code == .badProperty || row.header == "taskgrid-answer-bytes", "\(row)") }
        }
    }

    /// A message whose header has the value, as the code reads it.
    private func reading(_ header: String, _ value: Int64?) throws -> String {
        var properties = BasicProperties(messageID: "7", type: "reverse", appID: "w")
        if header == "priority" { properties.priority = value.map { UInt8(clamping: $0) } }
        if header.hasPrefix("taskgrid-") { properties.headers[header] = value.map { .int($0) } }
        switch header {
        case WireFormat.Header.answerBytes: return "\(AnswerBudget(of: Message(properties: properties)).bytes)"
        case WireFormat.Header.attempt, WireFormat.Header.runTime:
            properties.headers[WireFormat.Header.store] = "s"
            properties.headers[WireFormat.Header.status] = "succeeded"
            if header != WireFormat.Header.attempt { properties.headers[WireFormat.Header.attempt] = 1 }
            return "\(try Results(Message(properties: properties)).items)"
        default:
            let read = try Submission(Message(properties: properties)).tasks[0].settings
            return "\((read.priority, read.timeout, read.maxAttempts, read.delay, read.expiry, read.due, read.expires))"
        }
    }
}
