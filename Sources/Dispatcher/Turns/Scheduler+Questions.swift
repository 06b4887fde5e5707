import AMQP
import Foundation
import Logging
import TaskGridCore
import TaskStore

/// What the dispatcher is asked by rpc.
extension Scheduler {
    /// The answer to a question, as a message for the asker's reply queue.
    func answer(_ question: Message) async -> Message {
        switch question.properties.type {
        case TaskQuestion.name: await answer(question, as: TaskQuestion.self, task)
        case TasksQuestion.name: await answer(question, as: TasksQuestion.self, tasks)
        case EndingsQuestion.name: await answer(question, as: EndingsQuestion.self, endings)
        case CountsQuestion.name: await answer(question, as: CountsQuestion.self, counts)
        case MatchesQuestion.name: await answer(question, as: MatchesQuestion.self, matches)
        case LimitsQuestion.name: await answer(question, as: LimitsQuestion.self, limits)
        default:
            AnswerMessage.message(
                Result<CountsQuestion.Answer, QuestionError>.failure(
                    QuestionError(
                        .badQuestion,
                        "'\(question.properties.type?.prefix(40) ?? "")' is no question; ask \(Self.questions.joined(separator: ", "))"
                    )
                ), to: question
            )
        }
    }

    private static let questions = [
        TaskQuestion.name, TasksQuestion.name, MatchesQuestion.name, EndingsQuestion.name, CountsQuestion.name, LimitsQuestion.name,
        CancelQuestion.name, RetryQuestion.name, PauseQuestion.name, ResumeQuestion.name, ForgetQuestion.name,
    ]

    private func answer<Asked: Question>(
        _ message: Message, as type: Asked.Type, _ body: (Asked) async throws -> Asked.Answer
    ) async -> Message {
        let result: Result<Asked.Answer, QuestionError>
        do {
            result = .success(try await body(try JSON.decode(type, message.body)))
        } catch let error as QuestionError {
            result = .failure(error)
        } catch let error as WireError {
            result = .failure(QuestionError(.badQuestion, "\(error)"))
        } catch {
            logger.error("question not answered", metadata: ["rpc.question": "\(type.name)", "error": "\(error)"])
            result = .failure(QuestionError(.unavailable, "\(error)"))
        }
        return AnswerMessage.message(result, to: message)
    }

    private func task(_ question: TaskQuestion) async throws -> TaskRecord {
        guard let task = try await store.task(question.id) else {
            throw QuestionError(.notFound, "task \(question.id) is not known: never accepted, or ended so long ago that it was pruned")
        }
        return withRunningAttempt(clock.shown(current(task)))
    }

    private func tasks(_ question: TasksQuestion) async throws -> TasksQuestion.Answer {
        guard (1...TasksQuestion.maximumLimit).contains(question.limit) else {
            throw QuestionError(.badQuestion, "limit: 1 to \(TasksQuestion.maximumLimit)")
        }
        let filter = question.filter
        if filter.state == .running {
            let running = lanes.all.filter { filter.type == nil || $0.type == filter.type }
                .flatMap { $0.handed.filter { $0.value.runningSince != nil }.keys }
                .filter { id in question.before.map { id < $0 } ?? true }
            let page = Array(running.sorted(by: >).prefix(question.limit))
            let (known, asked) = try await records(of: page)
            let tasks = known.map(current).filter(filter.matches).sorted { $0.id > $1.id }.map { question.isBrief ? $0.brief : $0 }
            return TasksQuestion.Answer(tasks: tasks, next: asked < running.count ? page[asked - 1] : nil)
        }
        var tasks: [TaskRecord] = []
        var size = 0
        var pages = 0
        var next = question.before
        repeat {
            let step = question.isBrief ? Self.step : Self.step(after: tasks.count, size)
            let limit = min(step, question.limit - tasks.count)
            let page =
                question.isBrief
                ? try await store.summaries(clock.meant(filter), before: next, limit: limit)
                : try await store.tasks(clock.meant(filter), before: next, limit: limit)
            // What runs counts as queued in the store.
            tasks += page.elements.map { clock.shown(current($0)) }.filter { filter.state == nil || filter.state == $0.status }
            size += page.elements.reduce(0) { $0 + $1.size }
            pages += 1
            next = page.next
        } while next != nil && tasks.count < question.limit && size < Self.answerSize && pages < Self.pages
        return TasksQuestion.Answer(tasks: tasks, next: next)
    }

    private func matches(_ question: MatchesQuestion) async throws -> MatchesQuestion.Answer {
        let page = try await search(question.filter, before: question.before, limit: .max)
        return MatchesQuestion.Answer(count: page.elements.count, next: page.next)
    }

    private func endings(_ question: EndingsQuestion) async throws -> EndingsQuestion.Answer {
        guard question.tasks.count <= EndingsQuestion.maximumTasks else {
            throw QuestionError(.badQuestion, "tasks: at most \(EndingsQuestion.maximumTasks)")
        }
        let (known, asked) = try await records(of: question.tasks)
        let unknown = Set(question.tasks.prefix(asked)).subtracting(known.map(\.id))
        let ended = known.filter { $0.status.isTerminal }.map { task in
            var task = task
            task.payload = Data()
            return task
        }
        return EndingsQuestion.Answer(ended: ended, unknown: unknown.sorted())
    }

    /// After how many bytes of payloads and results an answer is long enough: who asked asks again for the rest.
    private static let answerSize = 8 << 20

    /// How many records are read at a time.
    private static let step = 50

    /// How many records to read next: a few at first, then as many as fit into the answer where they are as large as those before.
    private static func step(after count: Int, _ size: Int) -> Int {
        count == 0 ? 4 : max(1, min(step, (answerSize - size) / max(1, size / count)))
    }

    /// The records of these tasks, and how many of the ids were looked up before the answer was long enough.
    private func records(of ids: [TaskID]) async throws(StoreError) -> (known: [TaskRecord], asked: Int) {
        var known: [TaskRecord] = []
        var asked = 0
        var size = 0
        while asked < ids.count, size < Self.answerSize {
            let end = min(ids.count, asked + Self.step(after: asked, size))
            let page = try await store.tasks(Array(ids[asked..<end]))
            known += page.map(clock.shown)
            size += page.reduce(0) { $0 + $1.size }
            asked = end
        }
        return (known, asked)
    }

    private func limits(_: LimitsQuestion) -> LimitsQuestion.Answer {
        LimitsQuestion.Answer(maximumPayload: configuration.maximumPayload)
    }

    private func counts(_: CountsQuestion) -> CountsQuestion.Answer {
        CountsQuestion.Answer(
            store: store.identity, types: Dictionary(uniqueKeysWithValues: lanes.all.map { ($0.type, $0.settled) }),
            paused: lanes.all.filter(\.isPaused).map(\.type).sorted(),
            breakers: Dictionary(uniqueKeysWithValues: lanes.all.map { ($0.type, $0.breaker.state) }).filter { $1 != .closed },
            forgotten: forgotten
        )
    }

    /// A record with what only memory knows: that it runs, and where.
    private func current(_ task: TaskRecord) -> TaskRecord {
        guard task.status == .queued, let handed = lanes[task.type]?.handed[task.id] else { return task }
        var task = task
        task.status = handed.machine.state
        task.attempt = handed.machine.attempt
        task.worker = handed.worker
        return task
    }

    /// All types are told of once more, some with each ``takeEvents(repeating:)``.
    func repeatEvents() { lanes.repeatAll() }

    /// The events of the types in which something changed, and of some others.
    ///
    /// - Parameter repeating: of how many others.
    func takeEvents(repeating: Int = 0) -> [TaskEvent] {
        guard !isSuspended else { return [] }
        let now = clock.wall
        return lanes.takeChanged(repeating: repeating).map { lane in
            lane.isDirty = false
            var event = lane.statistics.takeEvent(lane.type, store: store.identity, counts: lane.settled, breaker: lane.breaker.state, at: now)
            event.paused = lane.isPaused
            return event
        }
    }
}

extension TaskRecord {
    /// About how many bytes the record takes.
    fileprivate var size: Int { 500 + payload.count + (result?.count ?? 0) }

    /// The record without its payload and result.
    fileprivate var brief: TaskRecord {
        var task = self
        task.payload = Data()
        task.result = nil
        return task
    }
}
