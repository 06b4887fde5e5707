import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The publisher of what comes to the dispatcher")
struct PublisherTests {
    @Test(arguments: [nil, "other", "app2"] as [String?])
    func `a submission that is to be answered to another user is refused, and nobody is answered`(user: String?) async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let submission = Submission(form: .single, type: .reverse, key: "k", client: "app.x-1", tasks: [.init(payload: Data())])
        var message = submission.message()
        message.properties.userID = user ?? ""
        let forged = message
        let out = await harness.turn { $0.arrivals = [harness.delivery(forged, from: harness.topology.submitQueue)] }
        let code = user == nil ? "missing_property: user-id" : "wrong_user: "
        #expect(out.dead().first?.message.properties.headers[WireFormat.Header.reason]?.text?.hasPrefix(code) == true)
        #expect(try out.replies().isEmpty)
        #expect(await harness.counts().submitted == 0)
    }

    @Test func `a result in the name of another user's worker is refused, and fails no attempt`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["a"])
        let results = Results(
            form: .single, type: .reverse, store: harness.store.identity, worker: "w1.x",
            items: [.init(id: 1, attempt: 1, outcome: .succeeded(Data()))]
        )
        var message = results.proven(by: harness.store.proofKey).message(isPersistent: true)
        message.properties.userID = "w2"
        let forged = message
        let out = await harness.turn { $0.arrivals = [harness.delivery(forged, from: harness.topology.resultsQueue)] }
        #expect(out.dead().first?.message.properties.headers[WireFormat.Header.reason]?.text?.hasPrefix("wrong_user: ") == true)
        #expect(out.dead().first?.message.properties.headers[WireFormat.Header.user] == "w2")
        #expect(await harness.machine(1)?.failures == 0)
        #expect(await harness.counts().queued == 1)
    }

    @Test func `a task keeps its submitter, and a key counts per user`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        for (user, first) in [("ann", 1), ("bob", 2), ("ann", 1)] as [(String, TaskID)] {
            let submission = Submission(form: .single, type: .reverse, key: "k", client: "\(user).x-1", tasks: [.init(payload: Data())])
            let message = submission.message()
            let out = await harness.turn { $0.arrivals = [harness.delivery(message, from: harness.topology.submitQueue)] }
            guard case .accepted(let id, _, _)? = try out.replies().first?.content else { return #expect(Bool(false), "not accepted") }
            #expect(id == first)
        }
        #expect(try await harness.store.task(1)?.user == "ann")
        #expect(try await harness.store.task(2)?.user == "bob")
    }
}
