/// A thing that a user may do with tasks of some types.
package enum Right: String, CaseIterable, Sendable, Codable {
    /// Runs tasks.
    case serve
    case submit
    /// Sees tasks, with their payloads and results.
    case read
    case cancel
    case retry
    /// Pauses and resumes types.
    case pause
    /// Forgets types, asks workers to stop, and stops what others have begun.
    case administer
}

/// Which user may do what with tasks of which types. `taskgrid users` writes it, as JSON:
///
///     {"users": {"app": {"submit": ["mail-*"], "read": ["mail-*"]}, "crew": {"serve": ["mail-send"]}}}
///
/// A type stands as its name, as a beginning of names with a `*` behind it, or as `*` for all types. A user that is not named may do
/// nothing.
package struct AccessPolicy: Hashable, Sendable {
    /// The rights of one user: for each, the types.
    package typealias Rights = [Right: [String]]

    /// The types of a right, to be found fast: a worker may name a thousand with each heartbeat.
    private struct Patterns: Hashable {
        let names: Set<String>
        /// The beginnings of names; of all types: an empty one.
        let prefixes: [String]

        init(_ patterns: [String]) {
            names = Set(patterns.filter { !$0.hasSuffix("*") })
            prefixes = patterns.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
        }

        /// `type`: nil: every type.
        func contain(_ type: TaskType?) -> Bool {
            guard let type else { return prefixes.contains("") }
            return names.contains(type.name) || prefixes.contains(where: type.name.hasPrefix)
        }
    }

    package let users: [String: Rights]
    private let patterns: [String: [Right: Patterns]]

    package init(users: [String: Rights]) {
        self.users = users
        patterns = users.mapValues { $0.mapValues(Patterns.init) }
    }

    /// The rights of a grid's users: workers run tasks, clients submit them and deal with those of their types, operators do all but run
    /// tasks, the monitor acts for people.
    ///
    /// - Parameters:
    ///   - users: the users.
    ///   - owner: a user that may do everything; nil: there is none.
    package init(for users: [GridUser], owner: String? = nil) {
        var rights: [String: Rights] = [:]
        for user in users {
            switch user.role {
            case .dispatcher, .nameservice: break
            case .monitor:
                rights[user.name] = Self.everything.filter { $0.key != .serve && $0.key != .submit }
            case .operator: rights[user.name] = Self.everything.filter { $0.key != .serve }
            case .worker(let types): rights[user.name] = [.serve: Self.patterns(types)]
            case .client(let types):
                let patterns = Self.patterns(types)
                rights[user.name] = [.submit: patterns, .read: patterns, .cancel: patterns, .retry: patterns]
            }
        }
        if let owner { rights[owner] = Self.everything }
        self.init(users: rights)
    }

    /// What a user may no longer do that it could by former rights, as text such as `pause *`; rights that a wider pattern covers stay.
    ///
    /// - Parameters:
    ///   - user: the user.
    ///   - former: the former rights.
    package func lost(by user: String, since former: AccessPolicy) -> [String] {
        Right.allCases.flatMap { right in
            let now = users[user]?[right] ?? []
            return (former.users[user]?[right] ?? []).filter { !now.contains($0) && !now.contains("*") }.map { "\(right.rawValue) \($0)" }
        }
    }

    private static let everything = Dictionary(uniqueKeysWithValues: Right.allCases.map { ($0, ["*"]) })

    private static func patterns(_ types: [TaskType]) -> [String] { types.isEmpty ? ["*"] : types.map(\.name) }

    /// Whether a user has a right for a type.
    ///
    /// - Parameters:
    ///   - user: the user.
    ///   - right: what it wants to do.
    ///   - type: with tasks of which type; nil: of every type.
    package func allows(_ user: String, _ right: Right, _ type: TaskType?) -> Bool {
        patterns[user]?[right]?.contain(type) ?? false
    }

    /// A worker's message with those of its types alone that its user may serve: the worker gets no tasks of the others, and would hide
    /// that nobody serves them.
    ///
    /// - Parameter message: a register or heartbeat message, with its publisher.
    /// - Returns: the message, nil where its user may serve none of its types; and the first type that was taken away.
    package func served(_ message: RegistryMessage) -> (message: RegistryMessage?, dropped: TaskType?) {
        guard let dropped = message.types.first(where: { !allows(message.publisher, .serve, $0) }) else { return (message, nil) }
        var served = message
        served.types.removeAll { !allows(message.publisher, .serve, $0) }
        return (served.types.isEmpty ? nil : served, dropped)
    }
}

extension AccessPolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case users
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let named = try container.decode([String: [String: [String]]].self, forKey: .users)
        self.init(
            users: try named.mapValues { rights in
                try Dictionary(
                    uniqueKeysWithValues: rights.map { name, types in
                        guard let right = Right(rawValue: name) else {
                            let known = Right.allCases.map(\.rawValue).joined(separator: ", ")
                            throw DecodingError.dataCorruptedError(
                                forKey: .users, in: container, debugDescription: "'\(name)' is no right; they are \(known)")
                        }
                        return (right, types)
                    })
            })
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let named = users.mapValues { rights in
            Dictionary(uniqueKeysWithValues: rights.map { ($0.key.rawValue, $0.value) })
        }
        try container.encode(named, forKey: .users)
    }
}
