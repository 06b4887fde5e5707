import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridClient

@Suite("A submission that is repeated", .timeLimit(.minutes(1)))
struct RepeatTests {
    @Test func `carries what is left of its durations, and stands for the same`() async throws {
        let transport = FakeTransport.losingTheFirst()
        let time = TestTime()
        try await GridClient.onFake(transport, time: time) { client in
            var options = TaskOptions(TaskSettings(delay: .seconds(5), expiry: .seconds(60)), deadline: .seconds(600))
            options.key = "k"
            let given = options
            async let id = client.submit(.reverse, payload: Data("abc".utf8), options: given)
            let first = try Submission(try #require(await transport.publication()).message)
            #expect(first.tasks[0].settings.delay == .seconds(5) && first.tasks[0].settings.expiry == .seconds(60))
            #expect(first.fingerprint == Fingerprint(first))
            let start = time.now
            let repeated = try #require(await transport.publication(while: time, passesFor: client))
            let second = try Submission(repeated.message)
            let passed = start.duration(to: time.now)
            #expect(passed >= .milliseconds(500))
            // Time goes on while the message is looked at.
            let delay = second.tasks[0].settings.delay ?? .zero
            let expiry = try #require(second.tasks[0].settings.expiry)
            #expect(delay < .seconds(5) && delay >= max(.zero, .seconds(5) - passed))
            #expect(expiry < .seconds(60) && expiry >= max(.zero, .seconds(60) - passed))
            #expect(second.fingerprint == first.fingerprint && second.key == first.key)
            transport.deliver(try Reply.accepted(repeated, first: 3))
            #expect(try await id == 3)
        }
    }

    @Test func `with a key that was accepted before learns the known ending without delay`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let ending = client.run(.reverse, payload: Data("abc".utf8), options: TaskOptions(key: "k"))
            let submission = try Submission(try #require(await transport.publication()).message)
            transport.deliver(
                Reply(
                    form: .single, type: .reverse, correlation: submission.correlation,
                    content: .accepted(first: 5, count: 1, isRepeat: true)
                ).message()
            )
            // No time passes: the query for its ending comes at once.
            let asked = try #require(await transport.publication())
            #expect(asked.message.properties.type == EndingsQuery.name)
            let record = TaskRecord(
                id: 5, type: .reverse, payload: Data(), result: Data("cba".utf8), status: .succeeded, created: .now(),
                settings: TaskSettings(maxAttempts: 3),
                key: "k"
            )
            transport.deliver(AnswerMessage.message(.success(EndingsQuery.Answer(ended: [record], unknown: [])), to: asked.message))
            #expect(try await ending.get() == Data("cba".utf8))
        }
    }

    @Test func `for something else fails as key_reused, with the ids and the type of the first`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let error = failure { _ = try await client.submit(.reverse, payload: Data("abc".utf8), options: TaskOptions(key: "k")) }
            let submission = try Submission(try #require(await transport.publication()).message)
            let rejection = Rejection(.keyReused, "the key 'k' was accepted before for something else: task 1 of type sum")
            transport.deliver(
                Reply(form: .single, type: .reverse, correlation: submission.correlation, content: .rejected(rejection)).message()
            )
            let failed = await error
            #expect(failed?.rejection == rejection && failed?.isOutcomeUnknown == false)
            #expect(failed?.message.contains("task 1 of type sum") == true)
        }
    }

    @Test(arguments: [
        TaskOptions(TaskSettings(delay: .seconds(-1))), .init(TaskSettings(expiry: .seconds(-1))),
        .init(TaskSettings(delay: .seconds(Int64.max))), .init(TaskSettings(expiry: .seconds(Int64.max))),
        .init(TaskSettings(timeout: .zero)), .init(TaskSettings(timeout: .seconds(Int64.max))),
        .init(TaskSettings(timeout: .seconds(-1))),
    ])
    func `durations that make no sense are refused before anything is sent`(options: TaskOptions) async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            let error = await failure { _ = try await client.submit(.reverse, payload: Data(), options: options) }
            #expect(error?.code == .badArgument)
        }
    }
}
