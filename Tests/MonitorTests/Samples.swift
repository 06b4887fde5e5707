import AMQP
import Foundation
import Logging
import TaskGridCore

@testable import Monitor

extension TaskType {
    static let reverse = TaskType(literal: "reverse")
    static let hash = TaskType(literal: "hash")
}

extension Timestamp {
    static let start = Timestamp(rawValue: 1_700_000_000_000)

    static func after(_ seconds: Double) -> Timestamp { start + .milliseconds(Int64(seconds * 1000)) }
}

extension TaskCounts {
    init(_ states: [TaskState: Int]) {
        self.init()
        for (state, count) in states { self[state] = count }
        submitted = states.values.reduce(0) { $0 &+ $1 }
    }
}

extension TypeEvent {
    static func sample(
        store: String = "s", at: Timestamp = .start, _ states: [TaskState: Int] = [:], workers: [WorkerTally] = [],
        run: [(UInt64, UInt64)] = [], total: [(UInt64, UInt64)] = [], retried: Int = 0, refused: Int = 0
    ) -> TypeEvent {
        sample(.reverse, store: store, at: at, states, workers: workers, run: run, total: total, retried: retried, refused: refused)
    }

    static func sample(
        _ type: TaskType, store: String = "s", at: Timestamp = .start, _ states: [TaskState: Int] = [:],
        workers: [WorkerTally] = [], run: [(UInt64, UInt64)] = [], total: [(UInt64, UInt64)] = [], retried: Int = 0, refused: Int = 0
    ) -> TypeEvent {
        TypeEvent(
            type: type, store: store, at: at, states: TaskCounts(states), workers: workers,
            runTimes: run.map { LatencyCount(microseconds: $0.0, count: $0.1) },
            totalTimes: total.map { LatencyCount(microseconds: $0.0, count: $0.1) }, retried: retried, refused: refused
        )
    }
}

extension RegistryMessage {
    static func sample(_ id: String, types: [TaskType] = [.reverse], interval: Int = 1000, draining: Bool = false) -> RegistryMessage {
        RegistryMessage(
            worker: id, host: "host", pid: 7, version: "0.1.0", types: types, concurrency: 2, prefetch: 20, batch: true,
            started: .start, interval: interval, running: [Held(task: 1, attempt: 1)],
            waiting: [Held(task: 2, attempt: 1), Held(task: 3, attempt: 1)], done: 5, failed: 1, draining: draining
        )
    }
}

extension Message {
    /// The message as a broker delivers it, which has verified its user.
    func by(_ user: String) -> Message {
        var message = self
        message.properties.userID = user
        return message
    }
}

extension GridState {
    /// A worker says something, by its own user.
    func hear(_ kind: RegistryMessage.Kind, _ worker: RegistryMessage) throws(WireError) {
        let user = worker.worker.split(separator: ".").first.map(String.init) ?? ""
        try apply(worker.message(kind).by(user), exchange: topology.registry.name, key: Topology.registryKey(kind, worker: worker.worker))
    }
}
