import Foundation
import Synchronization
import TaskGridCore
import TaskStore
import Testing

@testable import AMQP
@testable import Dispatcher

@Suite("The scheduler")
struct SchedulerTests {
    @Test func `a task goes out with its own acceptance, and its end is told to its client`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let accepted = await harness.submit(["hello"], form: .single)
        #expect(try accepted.replies().map(\.content) == [.accepted(first: 1, count: 1)])
        let items = try accepted.items()
        #expect(items.told == ["1.1 hello"])
        #expect(accepted.publications.first?.isMandatory == true)
        #expect(await harness.counts().queued == 1)
        let ended = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data("olleh".utf8)), runTime: .microseconds(7)))
        #expect(
            try ended.endings() == [
                .init(id: 1, state: .succeeded, result: Data("olleh".utf8), attempt: 1, worker: "w1", runTime: .microseconds(7))
            ]
        )
        #expect(try ended.replies().first?.correlation == "q")
        #expect(try await harness.store.task(1)?.result == Data("olleh".utf8))
        let counts = await harness.counts()
        #expect(counts.succeeded == 1)
        #expect(counts.balances)
    }

    @Test func `quick tasks share a message up to a mebibyte of payloads, and a larger one goes alone`() async throws {
        let harness = try await SchedulerHarness(DispatcherConfiguration(maximumPayload: 4 << 20))
        _ = await harness.register()
        _ = await harness.submit(["quick"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .microseconds(1)))
        let sizes = [500, 500, 500, 2000, 10, 10]
        let works = try await harness.submit(sizes.map { String(repeating: "x", count: $0 << 10) }).works()
        #expect(works.map { $0.items.map { $0.payload.count >> 10 } } == [[500, 500], [500], [2000], [10, 10]])
        #expect(works.flatMap(\.items).map(\.id) == (2...7).map { TaskID($0) })
    }

    @Test func `a failure is retried as a new attempt until no attempts are left`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["x"])
        for attempt in 1...2 {
            let out = await harness.result(.init(id: 1, attempt: attempt, outcome: .failed(TaskError(.failed, "boom \(attempt)"))))
            let next = try out.items().isEmpty ? await harness.tick().items() : out.items()
            #expect(next.map(\.attempt) == [attempt + 1])
        }
        let record = try await harness.store.task(1)
        #expect(record?.status == .queued)
        let last = await harness.result(.init(id: 1, attempt: 3, outcome: .failed(TaskError(.failed, "boom 3"))))
        #expect(try last.endings().map(\.error?.message) == ["boom 3"])
        #expect(await harness.counts().failed == 1)
        #expect(await harness.counts().balances)
    }

    @Test func `invalid input ends at once`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["x"])
        let ended = await harness.result(.init(id: 1, attempt: 1, outcome: .failed(TaskError(.invalidInput, "not a number"))))
        #expect(try ended.endings().map(\.state) == [.failed])
    }

    @Test func `a result that comes twice, or after a failure of an old attempt, ends the task once`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["x"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .failed(TaskError(.failed, "boom"))))
        _ = await harness.tick()
        // Attempt 2 is out; a late failure of attempt 1 changes nothing, its success counts.
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .failed(TaskError(.failed, "again"))))
        #expect(await harness.machine(1)?.failures == 1)
        let first = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data("one".utf8))))
        let second = await harness.result(.init(id: 1, attempt: 2, outcome: .succeeded(Data("two".utf8))))
        #expect(try first.endings().count == 1)
        #expect(try second.endings().isEmpty)
        #expect(try await harness.store.task(1)?.result == Data("one".utf8))
        #expect(await harness.counts().succeeded == 1)
        #expect(await harness.counts().balances)
    }

    @Test func `a task with a backoff of its own waits by that`() async throws {
        let hour = Duration.seconds(3600)
        let harness = try await SchedulerHarness(
            DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 3, backoff: Backoff(base: hour, ceiling: hour)))
        )
        _ = await harness.register()
        _ = await harness.submit(["own"]) { $0.backoff = Backoff(base: .zero, ceiling: .zero, growth: .constant) }
        _ = await harness.submit(["usual"])
        for id in [1, 2] as [TaskID] { _ = await harness.result(.init(id: id, attempt: 1, outcome: .failed(TaskError(.failed, "boom")))) }
        _ = await harness.tick()
        #expect(await harness.machine(1)?.attempt == 2)
        #expect(try await harness.store.task(2)?.status == .scheduled)
    }

    @Test func `a success that arrives while the task waits for its retry is taken`() async throws {
        let harness = try await SchedulerHarness(
            DispatcherConfiguration(retry: RetryPolicy(maxAttempts: 3, backoff: Backoff(base: .seconds(3600), ceiling: .seconds(3600))))
        )
        _ = await harness.register()
        _ = await harness.submit(["x"])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .failed(TaskError(.failed, "boom"))))
        #expect(await harness.counts().scheduled == 1)
        let ended = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data("late".utf8))))
        #expect(try ended.endings().map(\.state) == [.succeeded])
        let counts = await harness.counts()
        #expect(counts.scheduled == 0)
        #expect(counts.balances)
    }

    @Test func `a redelivered task runs again, alone, when its worker is gone, and not while it lives`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register("w1")
        _ = await harness.register("w2")
        _ = await harness.submit(["x"])
        _ = await harness.register("w1", running: [.init(task: 1, attempt: 1)])
        #expect(await harness.counts().running == 1)
        let alive = await harness.result(.init(id: 1, attempt: 1, outcome: .interrupted), worker: "w2")
        #expect(try alive.items().isEmpty)
        #expect(await harness.counts().running == 1)
        harness.gone.value.withLock { $0 = ["w1"] }
        let gone = await harness.result(.init(id: 1, attempt: 1, outcome: .interrupted), worker: "w2")
        let works = try gone.works() + (await harness.tick().works())
        #expect(works.count == 1)
        #expect(works[0].announce)
        #expect(works[0].items.map(\.attempt) == [2])
        #expect(await harness.counts().balances)
    }

    @Test func `an attempt that is announced runs, at whoever announced it`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["x"])
        var works = try await harness.result(.init(id: 1, attempt: 1, outcome: .interrupted), worker: "w2").works()
        while works.isEmpty { works = try await harness.tick().works() }
        #expect(works.map(\.announce) == [true])
        _ = await harness.result(.init(id: 1, attempt: 2, outcome: .started), worker: "w2")
        let counts = await harness.counts()
        #expect(counts.running == 1 && counts.queued == 0 && counts.balances)
        let answer = await harness.scheduler.answer(TaskQuery(id: 1).message(from: "c", correlation: "1"))
        let record = try AnswerMessage.read(TaskRecord.self, answer)
        #expect(record.status == .running && record.worker == "w2" && record.attempts.last?.outcome == .running)
    }

    @Test func `a delayed task is not handed out before its time`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        let due = Timestamp.now() + .seconds(3600)
        let out = await harness.submit(["later"]) { $0.due = due }
        #expect(try out.items().isEmpty)
        #expect(await harness.counts().scheduled == 1)
        #expect(try await harness.tick().items().isEmpty)
        #expect(try await harness.store.task(1)?.status == .scheduled)
    }

    @Test func `more than the window holds waits in the store and follows in order`() async throws {
        let harness = try await SchedulerHarness(DispatcherConfiguration(maximumWindow: 64))
        _ = await harness.register(concurrency: 1)
        let out = await harness.submit((0..<200).map { "\($0)" })
        var items = try out.items()
        #expect(items.count == 64)
        #expect(await harness.counts().pending == 136)
        var done = 0
        while done < items.count {
            let item = items[done]
            done += 1
            items += try await harness.result(.init(id: item.id, attempt: 1, outcome: .succeeded(Data()), runTime: .microseconds(2)))
                .items()
        }
        #expect(items.map(\.id) == (1...200).map { TaskID(Int64($0)) })
        #expect(await harness.counts().succeeded == 200)
        #expect(await harness.counts().balances)
    }

    @Test func `batches go only where every worker takes them, and grow with the speed measured`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register(concurrency: 2)
        let first = await harness.submit(["a"])
        #expect(try first.works().map(\.form) == [.single])
        _ = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data()), runTime: .microseconds(10)))
        let fast = await harness.submit((0..<100).map { "\($0)" })
        #expect(try fast.works().map(\.items.count) == [50, 50])
        _ = await harness.register("w2", concurrency: 2, batch: false)
        let mixed = await harness.submit((0..<100).map { "\($0)" })
        #expect(try mixed.works().allSatisfy { $0.form == .single })
    }

    @Test func `unreadable messages go to the dead-letter queue with the reason, and are acknowledged`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        var bad = Message(
            properties: BasicProperties(contentType: WireFormat.batchContentType, replyTo: "c1", messageID: "k", type: "reverse"),
            body: Data([0xFF, 0xFF])
        )
        let out = await harness.turn { $0.arrivals = [harness.delivery(bad, from: harness.topology.submitQueue)] }
        #expect(out.dead().count == 1)
        #expect(out.dead()[0].message.properties.headers[WireFormat.Header.reason]?.text?.hasPrefix("malformed_body") == true)
        guard case .rejected(let rejection) = try out.replies()[0].content else { return #expect(Bool(false), "not rejected") }
        #expect(rejection.code == .malformed)
        #expect(out.acknowledges != nil)
        bad.properties.type = nil
        let worse = await harness.turn { $0.arrivals = [harness.delivery(bad, from: harness.topology.resultsQueue)] }
        #expect(worse.dead().count == 1)
        #expect(worse.publications.count == 1)
    }

    @Test func `results of another store's tasks go to the dead-letter queue with an error event`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit(["x"])
        let out = await harness.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data())), store: "another")
        #expect(out.dead().count == 1)
        #expect(out.publications.contains { $0.exchange == harness.topology.events.name })
        #expect(await harness.counts().queued == 1)
    }

    @Test func `a scheduler that starts takes over what was handed out, waits and is scheduled`() async throws {
        let before = try await SchedulerHarness(DispatcherConfiguration(maximumWindow: 64))
        _ = await before.register(concurrency: 1)
        _ = await before.submit((0..<100).map { "\($0)" })
        _ = await before.submit(["later"]) { $0.due = Timestamp.now() + .seconds(3600) }
        let counts = await before.counts()
        let after = try await SchedulerHarness(DispatcherConfiguration(maximumWindow: 64), store: before.store)
        #expect(await after.counts() == counts)
        let ended = await after.result(.init(id: 1, attempt: 1, outcome: .succeeded(Data("x".utf8))))
        #expect(try ended.endings().map(\.id) == [1])
        #expect(await after.counts().balances)
    }

    @Test func `queries: one task, pages, endings without payloads, counts; bad ones get an error`() async throws {
        let harness = try await SchedulerHarness()
        _ = await harness.register()
        _ = await harness.submit((1...120).map { "payload \($0)" })
        _ = await harness.result(.init(id: 2, attempt: 1, outcome: .succeeded(Data("two".utf8))))
        _ = await harness.register(running: [.init(task: 3, attempt: 1)])
        func ask<Asked: Query>(_ query: Asked) async throws -> Asked.Answer {
            try AnswerMessage.read(Asked.Answer.self, await harness.scheduler.answer(query.message(from: "c", correlation: "1")))
        }
        #expect(try await ask(TaskQuery(id: 3)).status == .running)
        #expect(try await ask(TaskQuery(id: 3)).worker == "w1")
        #expect(try await ask(TasksQuery(limit: 110)).tasks.map(\.id.rawValue) == Array((11...120).reversed()))
        #expect(try await ask(TasksQuery(state: .running)).tasks.map(\.id) == [3])
        let endings = try await ask(EndingsQuery(tasks: [1, 2, 999]))
        #expect(endings.ended.map(\.id) == [2])
        #expect(endings.ended.first?.payload.isEmpty == true)
        #expect(endings.ended.first?.result == Data("two".utf8))
        #expect(endings.unknown == [999])
        #expect(try await ask(CountsQuery()).types[.reverse]?.submitted == 120)
        await #expect(throws: QueryError.self) { try await ask(TaskQuery(id: 999)) }
        await #expect(throws: QueryError.self) { try await ask(TasksQuery(limit: 0)) }
        var strange = TaskQuery(id: 1).message(from: "c", correlation: "1")
        strange.properties.type = "nonsense"
        let answer = await harness.scheduler.answer(strange)
        #expect(throws: QueryError.self) { try AnswerMessage.read(TaskRecord.self, answer) }
    }
}
