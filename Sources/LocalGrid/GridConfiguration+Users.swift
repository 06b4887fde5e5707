package import TaskGridCore

extension GridConfiguration.Services {
    /// The users of a private broker: one for each service, one for the workers of each type, and those of the clients.
    package var users: [GridUser] {
        let types = Dictionary(grouping: workers.types, by: user)
        return GridUser.services(of: topology) + types.sorted { $0.key < $1.key }.map { GridUser(name: $0.key, role: .worker($0.value)) }
            + clients
    }

    /// The user of a service; of a worker, that of its type.
    func user(_ role: GridConfiguration.Role, type: TaskType? = nil) -> String {
        switch role {
        case .dispatcher: topology.users.dispatcher
        case .nameservice: topology.users.nameservice
        case .monitor: topology.users.monitor
        case .worker: type.map(user) ?? ""
        }
    }

    /// Types have names with a `_` too, and users have not.
    private func user(_ type: TaskType) -> String {
        "\(UserDefinitions.workerPrefix)\(type.name.prefix(50).map { $0 == "_" ? "-" : String($0) }.joined())"
    }
}
