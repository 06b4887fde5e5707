import AMQP
import Foundation
import Synchronization
import TaskGridCore
import TaskStore
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Answers within their budget", .timeLimit(.minutes(3))) struct AnswerSizeTests {
    private let large = DispatcherConfiguration(maximumPayload: 4 << 20)

    /// Asks, and checks the size of the answer.
    private func ask<Asked: Query>(_ harness: SchedulerHarness, _ query: Asked, budget: AnswerBudget = .standard) async throws
        -> Asked.Answer
    {
        let answer = await harness.scheduler.answer(query.message(from: "c", correlation: "1", budget: budget))
        #expect(answer.body.count <= budget.bytes)
        return try AnswerMessage.read(Asked.Answer.self, answer)
    }

    @Test func `four payloads of 4 MiB of NULs are listed in answers of 1 MiB, cut and marked, and read whole in parts`() async throws {
        let harness = try await SchedulerHarness(large)
        _ = await harness.register()
        let payload = String(repeating: "\0", count: 4 << 20)
        for _ in 0..<4 { _ = await harness.submit([payload]) }
        var tasks: [TaskRecord] = []
        var next: TaskID?
        repeat {
            let answer = try await ask(harness, TasksQuery(before: next))
            tasks += answer.tasks
            next = answer.next
        } while next != nil
        #expect(tasks.map(\.id) == [4, 3, 2, 1])
        for task in tasks { #expect(task.payloadSize == 4 << 20 && task.payload.count > 400 << 10) }
        let one = try await ask(harness, TaskQuery(id: 1))
        #expect(one.isCut)
        var whole = one.payload
        while whole.count < 4 << 20 {
            let part = try await ask(harness, ContentQuery(id: 1, part: .payload, from: whole.count), budget: .largest)
            #expect(part.size == 4 << 20 && !part.bytes.isEmpty)
            whole += part.bytes
        }
        #expect(whole == Data(payload.utf8))
        let beyond = try await ask(harness, ContentQuery(id: 1, part: .payload, from: 4 << 20))
        #expect(beyond.bytes.isEmpty)
    }

    @Test func `a payload that fits into an answer is never cut because of those before it`() async throws {
        let harness = try await SchedulerHarness(large)
        _ = await harness.register()
        for size in [900_000, 300_000, 700_000, 10, 1_000_000] { _ = await harness.submit([String(repeating: "x", count: size)]) }
        var tasks: [TaskRecord] = []
        var next: TaskID?
        repeat {
            let answer = try await ask(harness, TasksQuery(before: next))
            tasks += answer.tasks
            next = answer.next
        } while next != nil
        #expect(tasks.map(\.payload.count) == [1_000_000, 10, 700_000, 300_000, 900_000] && tasks.allSatisfy { !$0.isCut })
    }

    @Test func `twenty pending 1-MB tasks and one ended id in one query: the ending is in the first answer`() async throws {
        let harness = try await SchedulerHarness(large)
        _ = await harness.register(concurrency: 100)
        for _ in 0..<20 { _ = await harness.submit([String(repeating: "x", count: 1_000_000)]) }
        _ = await harness.submit(["short"])
        _ = await harness.result(.init(id: 21, attempt: 1, outcome: .succeeded(Data("done".utf8))))
        let answer = try await ask(harness, EndingsQuery(tasks: (1...22).map { TaskID($0) }))
        #expect(answer.ended.map(\.id) == [21] && answer.ended.first?.result == Data("done".utf8))
        #expect(answer.unknown == [22] && answer.lookedAt == nil)
    }

    @Test func `endings with large results come in as many answers as they need, each of which says how far it came`() async throws {
        let harness = try await SchedulerHarness(large)
        _ = await harness.register(concurrency: 100)
        _ = await harness.submit((1...6).map(String.init))
        for id in [1, 3, 4, 6] as [TaskID] {
            let size = id == 4 ? 3 << 20 : 700_000
            _ = await harness.result(.init(id: id, attempt: 1, outcome: .succeeded(Data(repeating: 0xFF, count: size))))
        }
        var rest: [TaskID] = [1, 2, 99, 3, 3, 4, 5, 6]
        var ended: [TaskRecord] = []
        var unknown: [TaskID] = []
        while !rest.isEmpty {
            let answer = try await ask(harness, EndingsQuery(tasks: rest))
            ended += answer.ended
            unknown += answer.unknown
            let lookedAt = answer.lookedAt ?? rest.count
            #expect(lookedAt > 0)
            guard lookedAt > 0 else { break }
            rest.removeFirst(lookedAt)
        }
        #expect(Set(ended.map(\.id)) == [1, 3, 4, 6] && unknown == [99])
        for task in ended { #expect(task.resultSize == (task.id == 4 ? 3 << 20 : nil)) }
    }

    @Test func `five thousand endings are learnt in a few answers`() async throws {
        let harness = try await SchedulerHarness(DispatcherConfiguration(maximumWindow: 5000))
        _ = await harness.register(concurrency: 5000)
        _ = await harness.submit((1...5000).map(String.init))
        for start in stride(from: 1, to: 5000, by: 1000) {
            let items = (start..<start + 1000).map {
                Results.Item(
                    id: TaskID(Int64($0)), attempt: 1, outcome: .failed(TaskError(.invalidInput, String(repeating: "long ", count: 100))))
            }
            let results = Results(form: .batch, type: .reverse, store: harness.store.identity, worker: "w1", items: items)
            _ = await harness.turn {
                $0.arrivals = [harness.delivery(results)]
            }
        }
        var rest = (1...5000).map { TaskID($0) }
        var (learnt, answers) = (0, 0)
        while !rest.isEmpty, answers < 100 {
            let answer = try await ask(harness, EndingsQuery(tasks: rest))
            learnt += answer.ended.count
            answers += 1
            rest.removeFirst(answer.lookedAt ?? rest.count)
        }
        #expect(learnt == 5000 && answers > 1 && answers < 20)
    }

    @Test func `the counters of ten thousand types come in pages`() async throws {
        let harness = try await SchedulerHarness()
        let types = try (0..<10_000).map { try TaskType("a-type-with-a-rather-long-name-of-sixty-four-bytes-\($0)") }
        for start in stride(from: 0, to: types.count, by: 1000) {
            _ = await harness.register("w\(start)", types: Array(types[start..<start + 1000]))
        }
        var known: Set<TaskType> = []
        var next: TaskType?
        repeat {
            let answer = try await ask(harness, CountsQuery(after: next))
            known.formUnion(answer.types.keys)
            next = answer.next
        } while next != nil
        #expect(known == Set(types))
    }

    @Test func `running tasks are listed in pages too`() async throws {
        let harness = try await SchedulerHarness(large)
        _ = await harness.register(concurrency: 100)
        for _ in 0..<5 { _ = await harness.submit([String(repeating: "x", count: 400_000)]) }
        _ = await harness.register(running: (1...5).map { .init(task: TaskID($0), attempt: 1) })
        var ids: [TaskID] = []
        var next: TaskID?
        repeat {
            let answer = try await ask(harness, TasksQuery(state: .running, before: next))
            ids += answer.tasks.map(\.id)
            next = answer.next
        } while next != nil
        #expect(ids == [5, 4, 3, 2, 1])
    }

    @Test func `a long search ends in its time, says how far it came, and comes to its end with the queries after`() async throws {
        let harness = try await SchedulerHarness()
        let count = 20_000
        _ = await harness.register(concurrency: 0)
        for start in stride(from: 0, to: count, by: 10_000) {
            _ = await harness.submit((start..<start + 10_000).map(String.init)) { $0.due = .now() + .seconds(3600) }
        }
        let handler = QueryHandler(store: harness.store, scheduler: harness.scheduler, logger: .silent)
        let query = TasksQuery(TaskFilter(state: .scheduled, text: "nothere"))
        // Its caller gives up soon: one step, and no more.
        let first = await handler.answer(query.message(from: "c", correlation: "1"), until: .now)
        let answer = try AnswerMessage.read(TasksQuery.Answer.self, first)
        #expect(answer.tasks.isEmpty && answer.next == TaskID(Int64(count - 5000 + 1)))
        var (next, answers) = (answer.next, 1)
        while next != nil, answers < 10 {
            let message = TasksQuery(query.filter, before: next).message(from: "c", correlation: "1")
            next = try AnswerMessage.read(TasksQuery.Answer.self, await handler.answer(message, until: .now)).next
            answers += 1
        }
        #expect(next == nil && answers <= 6)
        var counted = MatchesQuery.Answer(count: 0)
        repeat {
            let matches = MatchesQuery(TaskFilter(state: .scheduled), before: counted.next).message(from: "c", correlation: "1")
            let part = try AnswerMessage.read(MatchesQuery.Answer.self, await handler.answer(matches, until: .now + .seconds(60)))
            counted = MatchesQuery.Answer(count: counted.count + part.count, next: part.next)
        } while counted.next != nil
        #expect(counted.count == count)
    }

    @Test func `commands are told from searches, and both from what is read at once`() {
        func kind(_ query: some Query) -> QueryHandler.Kind { QueryHandler.kind(of: query.message(from: "c", correlation: "1")) }
        #expect(kind(CancelQuery(tasks: [1])) == .command && kind(RetryQuery(tasks: [1])) == .command)
        #expect(kind(PauseQuery(types: [])) == .command && kind(ResumeQuery(types: [])) == .command)
        #expect(kind(RetryQuery(matching: TaskFilter())) == .search && kind(TasksQuery()) == .search)
        #expect(kind(MatchesQuery(TaskFilter())) == .search && kind(TaskQuery(id: 1)) == .lookup)
        #expect(kind(EndingsQuery(tasks: [])) == .lookup && kind(CountsQuery()) == .lookup)
    }
}
