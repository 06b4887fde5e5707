import AMQP
import Dispatcher
import Logging
import Postgres
import ServiceLifecycle
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
import TaskStore
import TaskStorePostgres
import TaskStoreSQLite

/// The dispatcher with the store that its settings name. A database that cannot be reached is waited for, and `/healthz` says so.
struct DispatcherService: Service {
    let setup: ServiceSetup
    let configuration: DispatcherConfiguration

    private static let backoff = Backoff(base: .milliseconds(500), ceiling: .seconds(5))

    func run() async throws {
        let store = try await cancelWhenGracefulShutdown { try await open() }
        guard let store else { return }
        let dispatcher = Dispatcher(
            configuration: configuration, endpoint: setup.location.endpoint, topology: setup.location.topology,
            store: store, vitals: setup.vitals, logger: setup.logger, onReady: { setup.ready.make() },
            onStandby: { setup.ready.standsBy() }
        )
        try await dispatcher.run()
    }

    /// Opens the store; nil where the process is to end first.
    private func open() async throws -> (any TaskStore)? {
        switch setup.configuration.store ?? .file(setup.configuration.folder.store) {
        case .file(let path):
            setup.logger.info("opening the store", metadata: [LogKey.storePath: "\(path)"])
            return try await SQLiteTaskStore(path: path)
        case .database(let url):
            return try await open(setup.configuration.databaseSettings(url, as: "taskgrid dispatcher"))
        }
    }

    private func open(_ settings: PostgresSettings) async throws -> (any TaskStore)? {
        let prefix = setup.location.topology.prefix
        setup.logger.info("opening the store in PostgreSQL", metadata: [LogKey.storeSchema: "\(prefix)"])
        var failures = 0
        while true {
            do throws(StoreError) {
                let store = try await PostgresTaskStore(settings, schema: prefix, logger: setup.logger)
                setup.vitals.problem("store", nil)
                return store
            } catch {
                guard error.code == .unavailable, !Task.isCancelled else {
                    if Task.isCancelled { return nil }
                    throw error
                }
                failures += 1
                setup.vitals.problem("store", error.message)
                setup.logger.error("database cannot be reached, trying again", metadata: [LogKey.error: "\(error)"])
                guard (try? await Task.sleep(for: Self.backoff.delay(before: failures))) != nil else { return nil }
            }
        }
    }
}
