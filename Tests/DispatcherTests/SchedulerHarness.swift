import Foundation
import Logging
import Synchronization
import TaskGridCore
import TaskStore
import TaskStoreSQLite
import TestSupport

@testable import AMQP
@testable import Dispatcher

/// A scheduler over a store in memory, with the turns that a test gives it and no broker.
struct SchedulerHarness {
    let store: any TaskStore
    let scheduler: Scheduler
    let topology = Topology()
    /// Workers whose control queue is gone.
    let gone = Box<Set<String>>([])
    /// Types whose work queue was emptied.
    let purged = Box<[TaskType]>([])
    /// The broker takes no messages.
    let isCutOff = Box(false)
    let time: ManualTime
    private let tags = Box(UInt64(0))

    final class Box<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    init(
        _ configuration: DispatcherConfiguration = .quick, store: (any TaskStore)? = nil, time: ManualTime = ManualTime(),
        trouble: StoreTrouble = StoreTrouble(), logger: Logger = .silent
    ) async throws {
        self.time = time
        let opened: any TaskStore
        if let store { opened = store } else { opened = try await SQLiteTaskStore.inMemory() }
        self.store = opened
        scheduler = Scheduler(
            store: opened, topology: topology, configuration: configuration, logger: logger, time: time.source, trouble: trouble
        ) { [gone, isCutOff] workers in
            guard !isCutOff.value.withLock({ $0 }) else { return nil }
            return workers.filter { worker in gone.value.withLock { $0.contains(worker) } }
        } purge: { [purged, isCutOff] type in
            guard !isCutOff.value.withLock({ $0 }) else { return false }
            purged.value.withLock { $0.append(type) }
            return true
        }
        try await scheduler.resume()
    }

    func turn(_ change: (inout Inbox.Intake) -> Void) async -> Outbound {
        var intake = Inbox.Intake()
        change(&intake)
        return await scheduler.turn(intake)
    }

    /// A message comes.
    ///
    /// - Parameters:
    ///   - message: what comes.
    ///   - queue: the queue that it comes from.
    ///   - key: its routing key; nil: its type.
    ///   - isRedelivered: whether it came before.
    func delivery(_ message: Message, from queue: Queue, key: String? = nil, isRedelivered: Bool = false) -> Arrival {
        let tag = tags.value.withLock { tag in
            tag += 1
            return tag
        }
        let delivery = Delivery(
            tag: DeliveryTag(epoch: 1, value: tag), queue: queue.name, exchange: "", routingKey: key ?? message.properties.type ?? "",
            isRedelivered: isRedelivered, message: message.verified
        )
        return Arrival(delivery, topology)
    }

    /// Results with the proofs of their work.
    ///
    /// - Parameter key: the routing key; nil: the type.
    func delivery(_ results: Results, key: String? = nil) -> Arrival {
        delivery(results.proven(by: store.proofKey).message(isPersistent: true), from: topology.resultsQueue, key: key)
    }

    /// A worker speaks. Its lease is longer than any test takes, unless the test says otherwise.
    func register(
        _ worker: String = "w1", types: [TaskType] = [.reverse], concurrency: Int = 4, batch: Bool = true,
        running: [RegistryMessage.Held] = [], interval: Int = 60_000, kind: RegistryMessage.Kind = .heartbeat
    ) async -> Outbound {
        var registered = RegistryMessage(
            worker: worker, host: "h", pid: 1, version: "1", types: types, concurrency: concurrency, prefetch: 8, batch: batch,
            started: Timestamp(rawValue: 1), interval: interval, running: running
        ).proven(by: store.proofKey)
        registered.publisher = worker.split(separator: ".").first.map(String.init) ?? ""
        let message = registered
        return await turn { $0.registry = [(kind, message)] }
    }

    func submit(
        _ payloads: [String], key: String = UUID().uuidString, type: TaskType = .reverse, form: MessageForm = .batch,
        client: String? = "c1", isRedelivered: Bool = false, _ change: (inout TaskSettings) -> Void = { _ in }
    ) async -> Outbound {
        let tasks = payloads.map { payload in
            var task = Submission.Task(payload: Data(payload.utf8))
            change(&task.settings)
            return task
        }
        let submission = Submission(form: form, type: type, key: key, client: client, correlation: "q", tasks: tasks)
        let arrival = delivery(submission.message(), from: topology.submitQueue, isRedelivered: isRedelivered)
        return await turn { $0.arrivals = [arrival] }
    }

    func result(
        _ items: Results.Item..., worker: String = "w1", type: TaskType = .reverse, store identity: String? = nil
    ) async -> Outbound {
        let results = Results(form: .batch, type: type, store: identity ?? store.identity, worker: worker, items: items)
        return await turn { $0.arrivals = [delivery(results)] }
    }

    func tick() async -> Outbound { await turn { $0.isTick = true } }

    func counts(_ type: TaskType = .reverse) async -> TaskCounts {
        await scheduler.counts(type)
    }

    /// The state machine of a task that is handed out.
    func machine(_ id: TaskID, _ type: TaskType = .reverse) async -> TaskStateMachine? {
        await scheduler.machine(id, type)
    }
}

extension Scheduler {
    fileprivate func counts(_ type: TaskType) -> TaskCounts { typeQueues[type]?.counts ?? TaskCounts() }
    fileprivate func machine(_ id: TaskID, _ type: TaskType) -> TaskStateMachine? { typeQueues[type]?.handed[id]?.machine }
}

extension DispatcherConfiguration {
    /// Retries at once.
    static let quick = DispatcherConfiguration(
        maximumPayload: 1000, retry: RetryPolicy(maxAttempts: 3, backoff: Backoff(base: .zero, ceiling: .zero))
    )
}

extension TaskType {
    static let reverse = TaskType(literal: "reverse")
    static let sum = TaskType(literal: "sum")
}

extension Outbound {
    func works(_ topology: Topology = Topology()) throws -> [Work] {
        try allWork(topology).filter { !$0.isMarker }
    }

    func markers(_ topology: Topology = Topology()) throws -> [Int] {
        try allWork(topology).filter(\.isMarker).map { $0.items[0].attempt }
    }

    private func allWork(_ topology: Topology) throws -> [Work] {
        try publications.filter { $0.exchange == topology.work.name }.map { try Work($0.message) }
    }

    func items() throws -> [Work.Item] { try works().flatMap(\.items) }

    func replies(_ topology: Topology = Topology()) throws -> [Reply] {
        let replies = (publications + rejections).filter { $0.exchange == topology.reply.name && !AnswerMessage.isAnswer($0.message) }
        return try replies.map { try Reply($0.message) }
    }

    func endings() throws -> [Ending] {
        try replies().flatMap { reply -> [Ending] in if case .ended(let endings) = reply.content { endings } else { [] } }
    }

    func dead(_ topology: Topology = Topology()) -> [Publication] {
        publications.filter { $0.exchange == topology.dead.name }
    }
}

extension Scheduler {
    /// A turn by itself.
    func turn(_ intake: Inbox.Intake) async -> Outbound {
        await settle(await commit(await plan(intake)), isLast: true)
    }
}

extension Scheduler {
    /// The answer to a query.
    func answer(_ query: Message) async -> Message {
        await QueryHandler(store: store, scheduler: self, logger: .silent).answer(query, until: .now + .seconds(60))
    }

    /// Puts a command into the inbox; the answer where it cannot be taken.
    func answer(_ query: Message, from replyTo: String, commandsTo inbox: Inbox) async -> Message? {
        let handler = QueryHandler(store: store, scheduler: self, logger: .silent)
        do {
            let command = try await handler.command(query, from: replyTo, until: .now + .seconds(60))
            return inbox.put(command) ? nil : handler.refusal(QueryError(.unavailable, "full"), to: query)
        } catch {
            return handler.refusal(error, to: query)
        }
    }
}
