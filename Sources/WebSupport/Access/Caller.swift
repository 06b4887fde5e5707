import HTTPTypes
package import TaskGridCore

/// The sender of a request: the name of a token, and the rights of its holder.
package struct Caller: Hashable, Sendable {
    /// The sender of a request without a token, where none is needed.
    package static let anyone = Caller(name: "anyone", roles: [.viewer])

    package let name: String
    package let roles: Set<Role>
    /// The types whose tasks it may act on, and whose payloads it may read.
    package let types: TypePatterns

    package init(name: String, roles: Set<Role>, types: TypePatterns = .all) {
        self.name = name
        self.roles = roles
        self.types = types
    }

    /// - Throws: a `Problem` of 403 that names the role that is missing.
    package func check(_ role: Role) throws(Problem) {
        guard role != .viewer, !roles.contains(role) else { return }
        throw Problem(
            status: .forbidden,
            detail:
                "this needs the role '\(role.rawValue)', and the token of '\(name)' has \(roles.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", "))",
            role: role
        )
    }

    /// - Parameter type: the type of what is read or acted on; nil: several types are.
    /// - Throws: a `Problem` of 403 that names the types that are allowed.
    package func check(_ type: TaskType?) throws(Problem) {
        guard !types.areAll, !(type.map(types.match) ?? false) else { return }
        let what = type.map { "type '\($0)'" } ?? "all types, so name one"
        throw Problem(status: .forbidden, detail: "the token of '\(name)' is for the types \(types), not for \(what)")
    }
}
