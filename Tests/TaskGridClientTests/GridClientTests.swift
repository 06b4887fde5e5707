import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridClient

struct GridClientTests {
    @Test(.timeLimit(.minutes(1)))
    func `run submits a task and waits for its end`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let ending = client.run(.reverse, payload: Data("abc"))
            let submission = try #require(await transport.publication())
            #expect(submission.exchange == "test.submit")
            #expect(submission.routingKey == "reverse")
            let read = try Submission(submission.message)
            #expect(read.client == "client-1")
            #expect(read.form == .single)
            transport.deliver(try Reply.accepted(submission, first: 41), Reply.succeeded([41], type: .reverse, result: "cba"))
            #expect(try await ending.get() == Data("cba"))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an ending may come before the acceptance`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let endings = client.run(.reverse, payloads: [Data("a"), Data("b")])
            let submission = try #require(await transport.publication())
            transport.deliver(Reply.succeeded([8, 7], type: .reverse, result: "x"))
            transport.deliver(try Reply.accepted(submission, first: 7))
            #expect(try await endings.map(\.id) == [7, 8], "in the payloads' order")
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a lost connection repeats under the same key`() async throws {
        let transport = FakeTransport.losingTheFirst()
        let time = TestTime()
        try await GridClient.onFake(transport, time: time) { client in
            async let id = client.submit(.reverse, payload: Data("abc"), options: .patient)
            let first = try #require(await transport.publication())
            let second = try #require(await transport.publication(while: time, passesFor: client))
            #expect(first.message.properties.messageID == second.message.properties.messageID)
            #expect(first.message.body == second.message.body)
            transport.deliver(try Reply.accepted(second, first: 3))
            #expect(try await id == 3)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a rejection is a typed error`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let id = failure { _ = try await client.submit(.reverse, payload: Data("abc")) }
            let submission = try Submission(try #require(await transport.publication()).message)
            let rejection = Rejection(.payloadTooLarge, "at most 2 bytes")
            transport.deliver(
                Reply(form: .single, type: .reverse, correlation: submission.correlation, content: .rejected(rejection)).message()
            )
            let error = await id
            #expect(error?.code == .rejected)
            #expect(error?.rejection == rejection)
            #expect(error?.message.contains("at most 2 bytes") == true)
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (FakeTransport.Verdict.error(.blocked), ClientError.Code.brokerBlocked),
            (.error(.unreachable), .brokerUnavailable),
            (.outcome(.nacked), .brokerFull),
            (.outcome(.returned(code: 312, text: "NO_ROUTE")), .serviceUnavailable),
            (.outcome(.refused(.exchangeNotFound("no exchange", mayHaveArrived: false))), .serviceUnavailable),
            (.outcome(.confirmed), .serviceUnavailable),
        ])
    func `the deadline ends in an error that says why`(verdict: FakeTransport.Verdict, code: ClientError.Code) async throws {
        let transport = FakeTransport { _ in verdict }
        let time = TestTime()
        try await GridClient.onFake(transport, time: time) { client in
            async let id = failure { _ = try await client.submit(.reverse, payload: Data("abc"), options: .patient) }
            _ = await transport.publication()
            // A second publish shows that what became of the first is known.
            _ = await transport.publication(while: time, passesFor: client)
            time.advance(by: TaskOptions.patient.deadline)
            client.lookAtTime()
            let error = await id
            #expect(error?.code == code)
        }
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (Refusal.tooLarge(size: 17_000_000, limit: 16_777_216), ClientError.Code.tooLarge),
            (.accessRefused("ACCESS_REFUSED - access to exchange"), .accessRefused),
        ])
    func `a submission that the broker refuses for good fails at once, and is known not to be accepted`(
        refusal: Refusal, code: ClientError.Code
    ) async throws {
        let transport = FakeTransport { _ in .outcome(.refused(refusal)) }
        try await GridClient.onFake(transport) { client in
            let error = await failure { _ = try await client.submit(.reverse, payload: Data("abc"), options: .patient) }
            #expect(error?.code == code)
            #expect(error?.isOutcomeUnknown == false)
            #expect(error?.message.contains("may have been accepted") == false)
            let query = await failure { _ = try await client.counts() }
            #expect(query?.code == code)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `submissions that are too large together are sent one by one`() async throws {
        // Held back by the first, the others travel together.
        let transport = FakeTransport { publication in
            guard let read = try? Submission(publication.message), read.tasks.count > 1 else { return .outcome(.confirmed) }
            return .outcome(.refused(.tooLarge(size: 9, limit: 5)))
        }
        try await GridClient.onFake(transport) { client in
            let callers = (0..<3).map { number in
                Task { try await client.submit(.reverse, payload: Data("\(number)"), options: .patient) }
            }
            var ids: Set<TaskID> = []
            while ids.count < 3 {
                let publication = try #require(await transport.publication())
                guard try Submission(publication.message).tasks.count == 1 else { continue }
                let id = TaskID(Int64(ids.count + 1))
                ids.insert(id)
                transport.deliver(try Reply.accepted(publication, first: id))
            }
            var accepted: Set<TaskID> = []
            for caller in callers { accepted.insert(try await caller.value) }
            #expect(accepted == ids)
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `endings are asked for after a reconnect and after a start of the dispatcher`(isReconnect: Bool) async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let submitting = client.submitAndWatch(.reverse, payloads: [Data("abc")])
            let submission = try #require(await transport.publication())
            transport.deliver(try Reply.accepted(submission, first: 5))
            let submitted = try await submitting
            if isReconnect {
                transport.reconnect()
            } else {
                transport.deliver(.event(GridEvent(kind: .started, service: "dispatcher", at: .now(), message: "dispatcher started")))
            }
            let asked = try #require(await transport.publication())
            #expect(asked.exchange == "test.rpc")
            #expect(asked.routingKey == "dispatcher")
            #expect(asked.message.properties.type == EndingsQuery.name)
            let record = TaskRecord(
                id: 5, type: .reverse, payload: Data("abc"), result: Data("cba"), status: .succeeded, created: .now(),
                settings: TaskSettings(maxAttempts: 3),
                key: "k"
            )
            transport.deliver(AnswerMessage.message(.success(EndingsQuery.Answer(ended: [record], unknown: [])), to: asked.message))
            var endings: [Ending] = []
            for try await ending in submitted.endings { endings.append(ending) }
            #expect(endings.map(\.result) == [Data("cba")])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an ending that is not pushed is asked for again`() async throws {
        let transport = FakeTransport()
        let time = TestTime()
        try await GridClient.onFake(transport, time: time) { client in
            async let ending = failure { _ = try await client.outcome(of: 99) }
            let first = try #require(await transport.publication())
            transport.deliver(
                AnswerMessage.message(.success(EndingsQuery.Answer(ended: [], unknown: [])), to: first.message)
            )
            time.advance(by: .seconds(11))
            client.lookAtTime()
            let second = try #require(await transport.publication())
            transport.deliver(
                AnswerMessage.message(.success(EndingsQuery.Answer(ended: [], unknown: [99])), to: second.message)
            )
            let error = await ending
            #expect(error?.code == .unknownTask)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a service that does not answer is named`() async throws {
        let transport = FakeTransport()
        let time = TestTime()
        try await GridClient.onFake(transport, time: time) { client in
            async let workers = failure { _ = try await client.workers() }
            let query = try #require(await transport.publication())
            #expect(query.routingKey == "nameservice")
            time.advance(by: .seconds(5))
            client.lookAtTime()
            let error = await workers
            #expect(error?.code == .serviceUnavailable)
            #expect(error?.message.contains("the nameservice did not answer within 5 s") == true)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an unknown task is a typed error`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let record = failure { _ = try await client.status(12) }
            let query = try #require(await transport.publication())
            let refusal = Result<TaskRecord, QueryError>.failure(QueryError(.notFound, "no task 12"))
            transport.deliver(AnswerMessage.message(refusal, to: query.message))
            let error = await record
            #expect(error?.code == .unknownTask)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `closing ends every wait`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let id = failure { _ = try await client.submit(.reverse, payload: Data("a")) }
            async let ending = failure { _ = try await client.outcome(of: 5) }
            async let record = failure { _ = try await client.status(5) }
            for _ in 1...3 { _ = await transport.publication() }
            await client.close()
            #expect(await id == .closed)
            #expect(await ending == .closed)
            #expect(await record == .closed)
            await #expect(throws: ClientError.closed) { try await client.submit(.reverse, payload: Data("b")) }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `cancellation ends a wait`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            let errors = await withTaskGroup(of: ClientError?.self) { group in
                group.addTask { await failure { _ = try await client.submit(.reverse, payload: Data("a")) } }
                group.addTask { await failure { _ = try await client.outcome(of: 5) } }
                for _ in 1...2 { _ = await transport.publication() }
                group.cancelAll()
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(errors == [.cancelled, .cancelled] as [ClientError?])
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `bad options are refused before anything is sent`() async throws {
        try await GridClient.onFake(FakeTransport()) { client in
            for options in [
                TaskOptions(TaskSettings(maxAttempts: 0)), TaskOptions(TaskSettings(priority: 10)), TaskOptions(key: ""),
                TaskOptions(TaskSettings(timeout: .zero)),
            ] {
                let error = await #expect(throws: ClientError.self) { try await client.submit(.reverse, payload: Data(), options: options) }
                #expect(error?.code == .badArgument)
            }
        }
    }
}
