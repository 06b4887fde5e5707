import AMQP
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
        default:
            AnswerMessage.message(
                Result<CountsQuestion.Answer, QuestionError>.failure(
                    QuestionError(
                        .badQuestion,
                        "'\(question.properties.type?.prefix(40) ?? "")' is no question; ask \(TaskQuestion.name), \(TasksQuestion.name), \(EndingsQuestion.name) or \(CountsQuestion.name)"
                    )
                ), to: question
            )
        }
    }

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
        return current(task)
    }

    private func tasks(_ question: TasksQuestion) async throws -> TasksQuestion.Answer {
        guard (1...TasksQuestion.maximumLimit).contains(question.limit) else {
            throw QuestionError(.badQuestion, "limit: 1 to \(TasksQuestion.maximumLimit)")
        }
        if question.state == .running {
            let running = lanes.values.filter { question.type == nil || $0.type == question.type }
                .flatMap { $0.handed.filter { $0.value.runningSince != nil }.keys }
                .filter { id in question.before.map { id < $0 } ?? true }
            let page = Array(running.sorted(by: >).prefix(question.limit))
            return TasksQuestion.Answer(tasks: try await store.tasks(page).map(current).sorted { $0.id > $1.id })
        }
        let page = try await store.tasks(type: question.type, state: question.state, before: question.before, limit: question.limit)
        return TasksQuestion.Answer(tasks: page.map(current))
    }

    private func endings(_ question: EndingsQuestion) async throws -> EndingsQuestion.Answer {
        guard question.tasks.count <= EndingsQuestion.maximumTasks else {
            throw QuestionError(.badQuestion, "tasks: at most \(EndingsQuestion.maximumTasks)")
        }
        let known = try await store.tasks(question.tasks)
        let unknown = Set(question.tasks).subtracting(known.map(\.id))
        return EndingsQuestion.Answer(ended: known.filter { $0.status.isTerminal }, unknown: unknown.sorted())
    }

    private func counts(_: CountsQuestion) -> CountsQuestion.Answer {
        CountsQuestion.Answer(store: store.identity, types: lanes.mapValues(\.counts))
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

    /// The events of the lanes in which something changed, or of all.
    func takeEvents(all: Bool) -> [TaskEvent] {
        let now = Timestamp.now()
        return lanes.keys.sorted().compactMap { type in
            guard var lane = lanes[type], all || lane.isDirty else { return nil }
            lane.isDirty = false
            let event = lane.statistics.takeEvent(type, store: store.identity, counts: lane.counts, at: now)
            lanes[type] = lane
            return event
        }
    }
}
