import AMQP
import Foundation
package import LocalGrid
package import Logging
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore

/// A grid of its own under load and faults, and what came of each task.
///
/// This module owns the plan of faults, their injection, the load, and the ledger that says whether the grid's promises held.
/// `taskgrid chaos` calls it, and its tests. It knows the services as processes only.
package final class Chaos: Sendable {
    package enum Event: Sendable {
        case process(ProcessEvent)
        /// The grid is ready: load and faults begin.
        case began
        /// A fault of the plan; with the part of the dispatcher that is killed, if it is known, and with a problem where it could not be
        /// injected.
        case fault(Injection, role: DispatcherRole?, problem: String?)
        /// No more faults come; tasks under way may end.
        case faultsEnded
        case progress(Progress)
        /// All has ended, or time is up: the grid stops.
        case stopping
    }

    package struct Progress: Hashable, Sendable {
        package let submitted: Int
        package let accepted: Int
        /// Submitted, and not ended.
        package let underWay: Int
        /// Since load and faults began.
        package let elapsed: Duration
    }

    package let configuration: ChaosConfiguration
    private let logger: Logger
    private let onEvent: @Sendable (Event) -> Void
    private let stop: AsyncStream<Void>
    private let stopping: AsyncStream<Void>.Continuation

    /// - `logger`: for the client and the listeners.
    /// - `onEvent`: told what happens, from any task; it must return quickly.
    package init(_ configuration: ChaosConfiguration, logger: Logger, onEvent: @escaping @Sendable (Event) -> Void) {
        self.configuration = configuration
        self.logger = logger
        self.onEvent = onEvent
        (stop, stopping) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Ends the faults before their time.
    package func endFaults() { stopping.finish() }

    /// Runs all of it; when it returns, nothing is left running.
    ///
    /// - Throws: `LocalGridError` where the grid does not start; `ClientError`; `POSIXError` where the journal cannot be read.
    package func run() async throws -> ChaosReport {
        let proxies = ChaosProxies()
        defer { proxies.stop() }
        let grid = configuration.grid(
            route: { party, url throws(LocalGridError) in try proxies.url(for: party, to: url) },
            databasePort: { port throws(LocalGridError) in try proxies.port(toDatabase: port) })
        let (files, running) = AsyncStream.makeStream(of: GridFile.self, bufferingPolicy: .bufferingNewest(1))
        let onEvent = onEvent
        return try await withThrowingTaskGroup(of: ChaosReport?.self) { group in
            group.addTask {
                try await grid.run { event in
                    switch event {
                    case .process(let event): onEvent(.process(event))
                    case .running(let file): running.yield(file)
                    }
                }
                return nil
            }
            group.addTask {
                for await file in files { return try await self.drive(grid, through: proxies, file) }
                throw CancellationError()
            }
            // Whichever ends first ends the other; the grid ends by itself only by an error.
            let report = try await group.next() ?? nil
            group.cancelAll()
            try await group.waitForAll()
            guard let report else { throw CancellationError() }
            return report
        }
    }

    private func drive(_ grid: LocalGrid, through proxies: ChaosProxies, _ file: GridFile) async throws -> ChaosReport {
        let tls = file.tls ?? TLSSettings()
        let endpoint = try Endpoint(url: proxies.url(for: "client", to: file.amqp), tls: tls)
        let client = GridClient(endpoint: endpoint, topology: configuration.topology, logger: logger)
        let listener = ReplyListener(try Endpoint(url: file.amqp, tls: tls), configuration.topology, client: client.id, logger: logger)
        do {
            try await client.start(within: .seconds(30))
            try await listener.connection.start(patience: .seconds(30))
            let report = try await work(grid, through: proxies, client: client, listener: listener)
            onEvent(.stopping)
            await listener.connection.close()
            await client.close()
            return report
        } catch {
            await listener.connection.close()
            await client.close()
            throw error
        }
    }

    private func work(
        _ grid: LocalGrid, through proxies: ChaosProxies, client: GridClient, listener: ReplyListener
    ) async throws -> ChaosReport {
        let start = ContinuousClock.now
        let scoreboard = Scoreboard(start: start)
        let injector = Injector(
            grid: grid, proxies: proxies, broker: listener.connection, topology: configuration.topology, client: client
        )
        onEvent(.began)
        let counters = await withTaskGroup(of: Void.self, returning: TaskCounts?.self) { group in
            group.addTask { await listener.listen { scoreboard.heard($0) } }
            await load(client, injector, scoreboard: scoreboard, from: start)
            let counters = await StoreCheck(client: client).run(scoreboard.acceptedIDs, within: .seconds(30)) { scoreboard.recorded($0) }
            group.cancelAll()
            return counters
        }
        let (ledger, recoveries, skipped) = scoreboard.final
        let (seed, rate) = (configuration.seed, configuration.rate)
        return ChaosReport(
            seed: seed, took: start.duration(to: .now), ledger, recoveries, skipped: skipped,
            executions: try ExecutionJournal.executions(in: configuration.journal),
            answer: { NumberedTask(number: $0, seed: seed, rate: rate) }, counters: counters
        )
    }

    /// Load and faults; then, without faults, until all has ended or the patience has.
    private func load(
        _ client: GridClient, _ injector: Injector, scoreboard: Scoreboard, from start: ContinuousClock.Instant
    ) async {
        let (onEvent, configuration) = (onEvent, configuration)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.untilStopped {
                    await injector.follow(configuration.plan, from: start) { entry, role, problem in
                        let fault = entry.injection.fault
                        if problem == nil { scoreboard.injected(fault) } else { scoreboard.skipped(fault) }
                        onEvent(.fault(entry.injection, role: role, problem: problem))
                    }
                    // Cancelled: no more is to come.
                    try? await Task.sleep(until: start + configuration.duration, clock: .continuous)
                }
                injector.heal()
                scoreboard.faultsEnded()
                onEvent(.faultsEnded)
                // Cancelled: all has ended.
                try? await Task.sleep(for: configuration.patience)
            }
            group.addTask {
                let load = Load(client: client, configuration: configuration, scoreboard: scoreboard)
                await load.run { onEvent(.progress(scoreboard.progress)) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Runs `body`, and cancels it when somebody asks for the end of the faults.
    private func untilStopped(_ body: @escaping @Sendable () async -> Void) async {
        let stop = stop
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { for await _ in stop {} }
            await group.next()
            group.cancelAll()
        }
    }
}
