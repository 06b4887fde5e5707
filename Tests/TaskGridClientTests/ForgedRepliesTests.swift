import AMQP
import Foundation
import TaskGridCore
import Testing

@testable import TaskGridClient

@Suite("Replies that another than their service sends")
struct ForgedRepliesTests {
    @Test(.timeLimit(.minutes(1)))
    func `replies of a user that is no service are not believed`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let ending = client.run(.reverse, payload: Data("abc"))
            let submission = try #require(await transport.publication())
            var accepted = try Reply.accepted(submission, first: 7)
            accepted.properties.userID = "w-hash"
            var forged = Reply.succeeded([7], type: .reverse, result: "forged")
            forged.properties.userID = "w-hash"
            transport.deliver(accepted, forged)
            let dead = try #require(await transport.publication())
            #expect(dead.exchange == "test.dead")
            #expect(dead.message.properties.headers["taskgrid-user"] == "w-hash")
            transport.deliver(try Reply.accepted(submission, first: 41), Reply.succeeded([41], type: .reverse, result: "cba"))
            #expect(try await ending.get() == Data("cba"))
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `the nameservice and the monitor are not believed for the dispatcher`() async throws {
        let transport = FakeTransport()
        try await GridClient.onFake(transport) { client in
            async let counts = client.allCounts()
            let query = try #require(await transport.publication())
            func answer(_ store: String, _ user: String, as type: String = CountsQuery.name) -> Message {
                var message = AnswerMessage.message(.success(CountsQuery.Answer(store: store, types: [:])), to: query.message)
                (message.properties.userID, message.properties.type) = (user, type)
                return message
            }
            for user in ["test-nameservice", "test-monitor"] {
                var started = Message.event(GridEvent(kind: .started, service: "dispatcher", at: .now(), message: ""))
                started.properties.userID = user
                transport.deliver(answer("forged", user), started)
                for _ in 1...2 {
                    let dead = try #require(await transport.publication())
                    #expect(dead.exchange == "test.dead" && dead.message.properties.headers["taskgrid-user"] == .string(user))
                }
            }
            // An answer that the nameservice may give, but to a query that it was not asked.
            transport.deliver(answer("forged", "test-nameservice", as: WorkersQuery.name))
            transport.deliver(answer("true", "test-dispatcher"))
            #expect(try await counts.store == "true")
        }
    }
}
