import AMQP
import Dispatcher
import Foundation
import Logging
import Monitor
import Nameservice
import Synchronization
import TaskGridClient
import TaskGridCore
import TaskGridWorker
import TaskStore
import TaskStoreSQLite
import TestSupport

/// The services, one by one, and how to wait for what they do.
extension Grid {
    /// Starts a dispatcher; it may have to stand by for another.
    ///
    /// - Parameters:
    ///   - given: its store; nil: the grid's file.
    ///   - other: its way to the broker, unless it is the grid's.
    func launchDispatcher(on given: (any TaskStore)? = nil, over other: Endpoint? = nil) async throws -> (Running, ready: Latch) {
        let store: any TaskStore
        if let given { store = given } else { store = try await SQLiteTaskStore(path: folder.appending(path: "store.sqlite").path) }
        let ready = Latch()
        let dispatcher = Dispatcher(
            configuration: configuration, endpoint: other ?? endpoint, topology: topology, store: store, logger: logger,
            onReady: { ready.open() }
        )
        return (launch(dispatcher), ready)
    }

    /// Starts the dispatcher and waits until it serves; as ``launchDispatcher(on:over:)``.
    @discardableResult
    func startDispatcher(on store: (any TaskStore)? = nil, over other: Endpoint? = nil) async throws -> Running {
        let (running, ready) = try await launchDispatcher(on: store, over: other)
        try await ready.wait()
        dispatcher.withLock { $0 = running }
        return running
    }

    /// Starts a nameservice and waits until it serves.
    ///
    /// - Parameter other: its login, unless it is the grid's.
    func startNameservice(as other: Endpoint? = nil) async throws -> Running {
        let before = probe.heard.count
        let running = launch(Nameservice(endpoint: other ?? endpoint, topology: topology, logger: logger))
        _ = try await probe.event(GridEvent.self, from: before) { $0.service == "nameservice" && $0.kind == .started }
        nameservice.withLock { $0 = running }
        return running
    }

    /// Starts a monitor on a free port and waits until it listens there.
    ///
    /// - Parameter other: its login, unless it is the grid's.
    func startMonitor(as other: Endpoint? = nil) async throws -> (Running, MonitorPort) {
        let ports = Journal<Int>()
        let monitor = Monitor(
            configuration: MonitorConfiguration(port: 0), endpoint: other ?? endpoint, topology: topology, logger: logger,
            onListening: { ports.add($0) }
        )
        let running = launch(monitor)
        return (running, MonitorPort(number: try await ports.first { $0 }))
    }

    /// Starts a process's part as worker; waits until it has registered, and with `known` until the dispatcher knows its types.
    ///
    /// `other`: its login, unless it is the grid's.
    func startWorkers(
        _ workers: [any TaskWorker], concurrency: Int = 4, prefetch: Int? = nil, known: Bool = true, as other: Endpoint? = nil
    ) async throws -> (Running, id: String) {
        let host = WorkerHost(
            endpoint: other ?? endpoint, topology: topology, workers: workers,
            options: WorkerOptions(concurrency: concurrency, prefetch: prefetch), logger: logger
        )
        types.withLock { $0.formUnion(workers.map(\.type)) }
        let running = launch(host)
        try await probe.registered(.register, of: host.id)
        if known { for worker in workers { try await knows(worker.type) } }
        return (running, host.id)
    }

    /// Waits until the dispatcher has told of a type.
    func knows(_ type: TaskType) async throws {
        types.withLock { _ = $0.insert(type) }
        _ = try await probe.event(TypeEvent.self) { $0.type == type }
    }

    /// Stops the dispatcher in order.
    func stopDispatcher() async throws { try await dispatcher.withLock { $0 }?.stop() }

    /// Cancels the dispatcher's task.
    func killDispatcher() async throws { try await dispatcher.withLock { $0 }?.kill() }

    /// Waits until the broker has refused a dispatcher, because another is active.
    func refusedDispatcher() async throws {
        try await logs.first { line in
            line.metadata[AMQPLogKey.connection] == "dispatcher consume" && line.metadata[AMQPLogKey.retryNumber] != nil ? () : nil
        }
    }

    /// Stops the nameservice in order.
    func stopNameservice() async throws { try await nameservice.withLock { $0 }?.stop() }

    // MARK: Waiting

    /// Looks again after everything that the grid says (heartbeats come each second) until it is as wanted.
    func until(_ isAsWanted: () async throws -> Bool) async throws {
        while true {
            let before = probe.heard.count
            if try await isAsWanted() { return }
            try await probe.heard.wait(beyond: before)
        }
    }

    /// The counters of a type, as the dispatcher has them.
    func counters(_ type: TaskType) async throws -> TaskCounts {
        try await client.counts()[type] ?? TaskCounts()
    }
}
