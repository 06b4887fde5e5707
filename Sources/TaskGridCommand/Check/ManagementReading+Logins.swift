import AMQP
import TaskGridCore

extension ManagementReading {
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
                .rights, "the services log in as one user, '\(user)': whoever has its password is the whole grid",
                advice: "give each part a user of its own: taskgrid users makes them")
        ]
    }

    /// The users that instances of a service have connected as.
    private func users(of service: Topology.Service) -> Set<String> {
        guard case .success(let logins) = logins else { return [] }
        return Set(logins.filter { $0.name?.hasPrefix("\(service.rawValue) ") == true }.compactMap(\.user))
    }
}
