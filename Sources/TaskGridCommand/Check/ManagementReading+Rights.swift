import AMQP
import TaskGridConfiguration
import TaskGridCore

extension ManagementReading {
    /// The rights that the user of the broker's URL lacks for its part of the grid.
    func rightsFindings(_ grid: CheckedGrid) -> [Finding] {
        let permissions: [ListedPermission]
        switch self.permissions {
        case .success(let listed): permissions = listed
        case .failure(let failure):
            guard failure.status == 404 else { return [] }
            return [
                .warning(
                    .rights, "the broker's own database does not have user '\(grid.endpoint.user)': its rights were not looked at",
                    advice: "look where the broker has its users from: LDAP, OAuth or another backend")
            ]
        }
        let host = grid.endpoint.virtualHost
        let types = handledTypes(grid)
        let least = grid.leastPermissions(types)
        let command = grid.command(least)
        guard let permission = permissions.first(where: { $0.vhost == host }) else {
            return [
                .problem(
                    .rights, "user '\(grid.endpoint.user)' has no rights in the virtual host '\(host)'",
                    advice: "as an administrator: \(command)\(least == nil ? "" : "; taskgrid users prints its topic permissions too")")
            ]
        }
        let findings = lacks(grid, permission, types)
        guard !findings.isEmpty else {
            let part = grid.role != .all ? "of a \(grid.role)" : "of every part of the grid"
            let others = grid.role == .all && hasOwnUsers(grid) ? "; the services have users of their own" : ""
            return [.ok(.rights, "user '\(grid.endpoint.user)' has those \(part)\(others)")]
        }
        return partFinding(grid, permission, types).map { [$0] } ?? findings
    }

    /// What a user lacks for the part of the grid that it is said to be.
    private func lacks(_ grid: CheckedGrid, _ permission: ListedPermission, _ types: [TaskType]) -> [Finding] {
        let least = grid.leastPermissions(types)
        let command = grid.command(least)
        let needed = NeededRights(grid.role, grid.topology, user: grid.endpoint.user, types: types)
        let findings = NeededRights.Operation.allCases.compactMap { operation -> Finding? in
            guard let pattern = RightsPattern(permission.pattern(operation)) else {
                return .warning(
                    .rights, "the pattern '\(permission.pattern(operation))' of user '\(grid.endpoint.user)' cannot be read here",
                    advice: "see whether it allows the user to \(operation.verb) \(needed.names[operation, default: []].sorted().listed)")
            }
            let refused = needed.names[operation, default: []].filter { !pattern.allows($0) }.sorted()
            guard !refused.isEmpty else { return nil }
            return .problem(
                .rights,
                "user '\(grid.endpoint.user)' may not \(operation.verb) \(refused.listed): its pattern is '\(permission.pattern(operation))'",
                advice: least == nil
                    ? "if it is a user of one part, say which with --role; if it is the one login of the grid: \(command)"
                    : "\(Self.widening(grid)), and no more: \(command)")
        }
        return findings + topicFindings(grid, needed, least)
    }

    /// Says which part of the grid, or which types, the user has all rights of, where more was asked; nil: none, or several parts.
    private func partFinding(_ grid: CheckedGrid, _ permission: ListedPermission, _ types: [TaskType]) -> Finding? {
        let user = "user '\(grid.endpoint.user)'"
        if grid.role == .all {
            let parts = grid.role.parts.compactMap { part(of: $0, grid, permission, types) }
            // A user of several parts is rather the login of the whole grid with a mistake in it.
            guard let part = parts.first, parts.count == 1 else { return nil }
            return .warning(
                .rights, "\(user) has not the rights of the whole grid, but those of one part: --role \(part)",
                advice: "if it is the user of that part, say so: taskgrid check --role \(part); as the one login of the grid it would "
                    + "need: \(grid.command(nil))")
        }
        guard let part = part(of: grid.role, grid, permission, types) else { return nil }
        return .warning(
            .rights, "\(user) has the rights of a \(grid.role) of some of the types alone: --role \(part)",
            advice: "if these are its types, name them: taskgrid check --role \(part); if it is for all types, widen its rights: "
                + grid.command(grid.leastPermissions(types)))
    }

    /// What stands after `--role` for a part that the user has all rights of, with the types that these are for; nil: it has not.
    private func part(of role: GridRole, _ grid: CheckedGrid, _ permission: ListedPermission, _ types: [TaskType]) -> String? {
        var one = grid
        one.role = role
        if role != grid.role, lacks(one, permission, types).isEmpty { return role.rawValue }
        // The other parts handle every type.
        guard role == .worker || role == .client, grid.types.isEmpty else { return nil }
        let own = types.filter { lacks(one, permission, [$0]).isEmpty }
        return own.isEmpty ? nil : "\(role.rawValue) \(own.map(\.name).joined(separator: " "))"
    }

    private func topicFindings(_ grid: CheckedGrid, _ needed: NeededRights, _ least: UserPermissions?) -> [Finding] {
        guard case .success(let listed) = topicPermissions else { return [] }
        return listed.filter { $0.vhost == grid.endpoint.virtualHost }.sorted { $0.exchange < $1.exchange }.compactMap { permission in
            let refused = needed.keys.filter { key in
                guard key.exchange == permission.exchange, key.operation != .configure else { return false }
                let text = key.operation == .write ? permission.write : permission.read
                let pattern = text.replacing("{username}", with: grid.endpoint.user).replacing("{vhost}", with: grid.endpoint.virtualHost)
                return RightsPattern(pattern)?.allows(key.key) == false
            }
            guard !refused.isEmpty else { return nil }
            let keys = Set(refused.map { "'\($0.key)'" }).sorted().listed
            let target = "\(grid.virtualHostOption) \(ShellWord(grid.endpoint.user)) \(permission.exchange)"
            let advice =
                if let keys = least?.keys[permission.exchange] {
                    "\(Self.widening(grid)): rabbitmqctl set_topic_permissions \(target) \(ShellWord(keys.write)) \(ShellWord(keys.read))"
                } else {
                    "if it is a user of one part, say which with --role; if it is the one login of the grid: rabbitmqctl "
                        + "clear_topic_permissions \(target)"
                }
            return .problem(
                .rights, "user '\(grid.endpoint.user)' may not use \(permission.exchange) with the routing keys \(keys)", advice: advice)
        }
    }

    /// What stands before a command that replaces a pattern.
    private static func widening(_ grid: CheckedGrid) -> String {
        let part = "these let it be a \(grid.role)"
        // Such a user may have types that this check does not know, and rights at the dispatcher.
        return grid.role == .worker || grid.role == .client
            ? "name all of its types to 'taskgrid users', which changes the dispatcher's rights too; by hand \(part) of these types"
            : "widen the pattern; \(part)"
    }

    /// The types that are named, else those that have a work queue.
    private func handledTypes(_ grid: CheckedGrid) -> [TaskType] {
        guard grid.types.isEmpty, case .success(let queues) = queues else { return grid.types }
        return queues.listed.compactMap { grid.topology.type(ofWorkQueue: $0.name) }
    }
}

extension CheckedGrid {
    /// Those that `taskgrid users` gives a user of the part; nil: it has all parts.
    fileprivate func leastPermissions(_ types: [TaskType]) -> UserPermissions? {
        role.role(types: types).map { UserPermissions(GridUser(name: endpoint.user, role: $0), topology) }
    }

    /// The command that gives the user permissions; nil: for every name of the grid.
    fileprivate func command(_ permissions: UserPermissions?) -> String {
        let all = "^\(topology.prefix)[.]"
        let patterns = permissions.map { [$0.configure, $0.write, $0.read] } ?? [all, all, all]
        let words = ([endpoint.user] + patterns).map { "\(ShellWord($0))" }
        return "rabbitmqctl set_permissions \(virtualHostOption) \(words.joined(separator: " "))"
    }
}

/// A pattern of RabbitMQ's permissions.
struct RightsPattern {
    /// nil: it matches nothing.
    private let expression: Regex<AnyRegexOutput>?

    /// nil where Swift cannot read it: RabbitMQ's are those of PCRE.
    ///
    /// - Parameter text: a regular expression, which may match any part of a name; an empty one matches nothing.
    init?(_ text: String) {
        guard !text.isEmpty else {
            expression = nil
            return
        }
        guard let expression = try? Regex(text) else { return nil }
        self.expression = expression
    }

    func allows(_ name: String) -> Bool { expression.map { name.contains($0) } ?? false }
}

extension ListedPermission {
    fileprivate func pattern(_ operation: NeededRights.Operation) -> String {
        switch operation {
        case .configure: configure
        case .write: write
        case .read: read
        }
    }
}

extension NeededRights.Operation {
    fileprivate var verb: String {
        switch self {
        case .configure: "configure"
        case .write: "write to"
        case .read: "read from"
        }
    }
}
