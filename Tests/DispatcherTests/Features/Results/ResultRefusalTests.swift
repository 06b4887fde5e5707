import Foundation
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

/// Statements of a client or a worker that are not true.
@Suite("Refusals of the scheduler")
struct ResultRefusalTests {
    private func harness() async throws -> SchedulerHarness {
        let harness = try await SchedulerHarness()
        _ = await harness.register(types: [.reverse, .sum])
        return harness
    }

    private static let outcomes: [Results.Outcome] = [
        .succeeded(Data("forged".utf8)), .failed(TaskError(.invalidInput, "forged")), .interrupted, .returned, .started,
    ]

    @Test(arguments: outcomes)
    func `any report of a task that was never handed out is refused and counted`(outcome: Results.Outcome) async throws {
        let harness = try await harness()
        _ = await harness.submit(["later"]) { $0.delay = .seconds(3600) }
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: outcome))
        #expect(try out.endings().isEmpty)
        #expect(await harness.counts().scheduled == 1)
        #expect(await harness.scheduler.takeEvents().first { $0.type == .reverse }?.refused == 1)
        #expect(out.publications.contains { $0.routingKey == "grid.warning" })
        #expect(try await harness.store.open(1)?.attempt == 0)
        // It is told once a minute, and counted always.
        let again = await harness.result(.init(id: 1, attempt: 1, outcome: outcome), .init(id: 1, attempt: 2, outcome: outcome))
        #expect(!again.publications.contains { $0.routingKey == "grid.warning" })
        #expect(await harness.scheduler.takeEvents().first { $0.type == .reverse }?.refused == 2)
    }

    @Test(arguments: outcomes)
    func `any report of attempt 99 where 1 was handed out is refused and counted, and the real one counts`(outcome: Results.Outcome)
        async throws
    {
        let harness = try await harness()
        _ = await harness.submit(["a"])
        let out = await harness.result(.init(id: 1, attempt: 99, outcome: outcome, runTime: .seconds(1000)))
        #expect(try out.endings().isEmpty)
        let event = await harness.scheduler.takeEvents().first { $0.type == .reverse }
        #expect(event?.refused == 1 && event?.workers.isEmpty == true)
        let real = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data("real".utf8))))
        #expect(try real.endings().map(\.result) == [Data("real".utf8)])
    }

    @Test func `a success of an older attempt that was handed out counts, also after the task was put back`() async throws {
        let harness = try await SchedulerHarness(
            DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 3, backoff: Backoff(base: .seconds(3600), ceiling: .seconds(3600)))))
        _ = await harness.register()
        _ = await harness.submit(["a"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .failed(TaskError(.failed, "no"))))
        #expect(await harness.counts().scheduled == 1)
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data("late".utf8))))
        #expect(try out.endings().map(\.result) == [Data("late".utf8)])
        #expect(await harness.counts().balances)
    }

    @Test func `a report of a task of another type is refused`() async throws {
        let harness = try await harness()
        _ = await harness.submit(["a"])
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())), type: .sum)
        #expect(try out.endings().isEmpty)
        #expect(await harness.scheduler.takeEvents().first { $0.type == .sum }?.refused == 1)
    }

    @Test func `a submission or result whose routing key names another type is refused as type_mismatch`() async throws {
        let harness = try await harness()
        let submission = Submission(
            form: .single, type: .reverse, key: "k", client: "c1", correlation: "q", tasks: [.init(payload: Data("x".utf8))]
        )
        let out = await harness.turn {
            $0.arrivals = [harness.delivery(submission.message(), from: harness.topology.submitQueue, key: "sum")]
        }
        #expect(out.dead().first?.message.properties.headers[WireFormat.Header.reason]?.text?.hasPrefix("type_mismatch: ") == true)
        guard case .rejected(let rejection)? = try out.replies().first?.content else { return #expect(Bool(false), "not rejected") }
        #expect(rejection.code == .malformed && rejection.message.hasPrefix("type_mismatch: "))
        #expect(await harness.counts().submitted == 0)

        _ = await harness.submit(["a"])
        let results = Results(
            form: .single, type: .reverse, store: harness.store.identity, worker: "w1",
            items: [.init(id: 1, attempt: 1, outcome: .succeeded(Data()))]
        )
        let late = await harness.turn {
            $0.arrivals = [harness.delivery(results, key: "sum")]
        }
        #expect(late.dead().count == 1)
        #expect(try late.replies().isEmpty)
    }

    @Test(arguments: [MessageForm.single, .batch])
    func `a run time beyond all bounds is bounded when it is accepted, and the task can be asked for`(form: MessageForm) async throws {
        let harness = try await harness()
        _ = await harness.submit(["a", "b"])
        for (id, outcome) in [(1, Results.Outcome.succeeded(Data())), (2, .failed(TaskError(.invalidInput, "no")))]
            as [(TaskID, Results.Outcome)]
        {
            var message = Results(
                form: form, type: .reverse, store: harness.store.identity, worker: "w1",
                items: [.init(id: id, attempt: 1, outcome: outcome)]
            ).proven(by: harness.store.proofKey).message(isPersistent: true)
            if form == .single {
                message.properties.headers[WireFormat.Header.runTime] = .int(.max)
            } else {
                // A run time of zero is written as nothing. Field 11, a varint of 2⁶³ - 1, follows the other fields.
                let record = message.body.dropFirst(2) + [0x58] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]
                message.body = Data([0x0A, UInt8(record.count)]) + record
            }
            _ = await harness.turn { [message] in $0.arrivals = [harness.delivery(message, from: harness.topology.resultsQueue)] }
            let record = try #require(try await harness.record(id))
            #expect(record.status.isTerminal)
            #expect(record.runTime == WireFormat.maximumRunTime)
            #expect(record.attempts.allSatisfy { $0.started.map { $0.rawValue >= 0 } ?? true })
        }
    }
}
