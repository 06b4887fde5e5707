import AMQP
import TaskGridCore

extension ManagementReading {
    /// Once in half a second until RabbitMQ has listed a connection for sure: it collects new ones every five seconds
    /// (`collect_statistics_interval`).
    private static let (attempts, pause) = (14, Duration.milliseconds(500))

    /// Reads the connections of the virtual host, for the login of the whole grid. Where the interface's login sees its own connections
    /// alone, those of the services are not waited for.
    ///
    /// - Parameters:
    ///   - grid: the grid.
    ///   - services: those that answer, whose connections therefore are there.
    mutating func readLogins(of grid: CheckedGrid, answering services: [Topology.Service]) async {
        guard grid.role == .all, case .success = overview else { return }
        let seesAll = if case .success(let login) = await interface.login { login.seesAllConnections } else { true }
        let host = ManagementInterface.encoded(grid.endpoint.virtualHost)
        await readLogins(answering: seesAll ? services : []) { [interface] in
            await interface.get("vhosts/\(host)/connections?columns=user,client_properties")
        } pause: {
            // A cancelled sleep ends the reading sooner, with what is listed.
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Reads the connections until those of the services that answer are listed, and a limited number of times.
    mutating func readLogins(
        answering services: [Topology.Service], read: () async -> Part<[ListedConnection]>, pause: () async -> Void
    ) async {
        for attempt in 1...Self.attempts {
            logins = await read()
            // A failure does not pass by waiting, and is told.
            guard case .success = logins, services.contains(where: { users(of: $0).isEmpty }), attempt < Self.attempts else { return }
            await pause()
        }
    }

    /// Whether the services of the grid are connected, each as its own user.
    func hasOwnUsers(_ grid: CheckedGrid) -> Bool {
        users(of: .dispatcher).contains(grid.topology.users.dispatcher) && users(of: .nameservice).contains(grid.topology.users.nameservice)
    }

    /// A warning where one login is the whole grid. A connection does not say its grid, and another one in the virtual host may have users
    /// of its own: the user that is checked counts.
    func loginFindings(_ grid: CheckedGrid) -> [Finding] {
        guard grid.role == .all, !hasOwnUsers(grid) else { return [] }
        let (dispatchers, nameservices) = (users(of: .dispatcher), users(of: .nameservice))
        let shared = dispatchers.intersection(nameservices)
        let isOnlyOne = dispatchers.union(nameservices).count == 1
        guard let user = shared.contains(grid.endpoint.user) ? grid.endpoint.user : isOnlyOne ? shared.first : nil else { return [] }
        return [
            .warning(
                .rights, "the services log in as one user, '\(user)': the holder of its password is the whole grid",
                advice: "give each part a user of its own: taskgrid users makes them")
        ]
    }

    /// The users that instances of a service have connected as.
    private func users(of service: Topology.Service) -> Set<String> {
        guard case .success(let logins) = logins else { return [] }
        return Set(logins.filter { $0.name?.hasPrefix("\(service.rawValue) ") == true }.compactMap(\.user))
    }
}
