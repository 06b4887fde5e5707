import AMQP
import TaskGridCore

extension ManagementReading {
    /// The connections of this grid's dispatchers, the active one and those that stand by; nil: they could not be read. Every program can call
    /// itself a dispatcher: only the dispatcher's own user is believed, and the login that is checked.
    private func dispatcherConnections(_ grid: CheckedGrid) -> [ListedConnection]? {
        guard case .success(let logins) = logins else { return nil }
        let users = [grid.topology.users.dispatcher, grid.endpoint.user]
        return logins.filter { $0.prefix == grid.topology.prefix && $0.process != nil && $0.user.map(users.contains) == true }
    }

    /// Which dispatcher is active, and which stand by.
    ///
    /// - Parameters:
    ///   - grid: the grid.
    ///   - services: the answers of the services: the active dispatcher alone answers.
    func dispatcherFindings(_ grid: CheckedGrid, _ services: [ServiceReading]) -> [Finding] {
        guard let dispatcher = services.first(where: { $0.service == .dispatcher }) else { return [] }
        let processes = Set(dispatcherConnections(grid)?.compactMap(\.process) ?? [])
        guard case .success(let answer) = dispatcher.result else {
            guard !processes.isEmpty else { return [] }
            return [
                .problem(
                    .services, "no dispatcher is active: \(Self.named(processes)) \(processes.count == 1 ? "is" : "are") connected",
                    advice: "see its /healthz and its log: its store may not answer, a dispatcher of another broker may use that store, or "
                        + "another connection may hold the lock of the grid")
            ]
        }
        guard let active = answer.stamp?.process else { return [] }
        // A login that is listed its own connections alone sees nothing of the others.
        guard processes.contains(active) else {
            return [.ok(.services, "one dispatcher is active (\(active)); the connections of others were not seen")]
        }
        let stores = dispatcherStores(grid)
        // One with another store is no standby: ``storeFindings(_:)`` reports it.
        let strays = stores.filter { $0.value != stores[active] && stores[active] != nil }.map(\.key)
        let others = processes.subtracting([active]).subtracting(strays)
        let standing = others.isEmpty ? "none stands" : "\(others.count) \(others.count == 1 ? "stands" : "stand")"
        return [
            .ok(
                .services, "one dispatcher is active (\(active)), \(standing) by\(others.isEmpty ? "" : " (\(Self.named(others)))")")
        ]
    }

    /// A problem where the dispatchers of the grid have different stores.
    func storeFindings(_ grid: CheckedGrid) -> [Finding] {
        let processes = Dictionary(grouping: dispatcherStores(grid)) { $0.value }.mapValues { Set($0.map(\.key)) }
        guard processes.count > 1 else { return [] }
        let stores = processes.sorted { $0.key < $1.key }.map { "\($0.key) (\(Self.named($0.value)))" }
        return [
            .problem(
                .services,
                "the dispatchers of this grid have different stores: \(stores.joined(separator: ", ")); one that takes over with another "
                    + "store knows none of the grid's tasks",
                advice: "stop those with the wrong store, and start them with the grid's (dispatcher.store); in a grid of taskgrid up with "
                    + "'taskgrid dispatcher --grid FOLDER' and no --store")
        ]
    }

    /// The identity of the store of each dispatcher that says it, by its process.
    private func dispatcherStores(_ grid: CheckedGrid) -> [String: String] {
        let said = dispatcherConnections(grid)?.compactMap { connection in
            connection.process.flatMap { process in connection.store.map { (process, $0) } }
        }
        return Dictionary(said ?? []) { $1 }
    }

    /// A problem where the services have users of their own, and a dispatcher logs in as another one, whether it is active or stands by.
    func strangerFindings(_ grid: CheckedGrid) -> [Finding] {
        let users = grid.topology.users
        guard let connections = dispatcherConnections(grid), case .success(let logins) = logins else { return [] }
        let hasOwnUsers = logins.contains { $0.user == users.dispatcher || $0.user == users.nameservice }
        guard hasOwnUsers else { return [] }
        let strangers = Set(connections.filter { $0.user != users.dispatcher }.compactMap(\.process))
        guard !strangers.isEmpty else { return [] }
        return [
            .problem(
                .rights,
                "the dispatcher on \(Self.named(strangers)) logs in as '\(grid.endpoint.user)': once it is active, the other programs "
                    + "refuse all that it sends, because they believe '\(users.dispatcher)' alone",
                advice: "stop it, and start it as '\(users.dispatcher)'; in a grid of taskgrid up with 'taskgrid dispatcher --grid FOLDER'")
        ]
    }

    private static func named(_ processes: Set<String>) -> String { processes.sorted().joined(separator: "; ") }
}
