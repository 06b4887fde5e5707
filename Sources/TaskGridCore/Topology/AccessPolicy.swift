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

    package var users: [String: Rights]

    package init(users: [String: Rights]) {
        self.users = users
    }

    /// The rights of a grid's users: workers run tasks, clients submit them and deal with those of their types, operators do all but run
    /// tasks, the monitor acts for people.
    ///
    /// - Parameters:
    ///   - users: the users.
    ///   - owner: a user that may do everything; nil: there is none.
    package init(for users: [GridUser], owner: String? = nil) {
        self.users = [:]
        for user in users {
            switch user.role {
            case .dispatcher, .nameservice: break
            case .monitor:
                self.users[user.name] = Self.everything.filter { $0.key != .serve && $0.key != .submit }
            case .operator: self.users[user.name] = Self.everything.filter { $0.key != .serve }
            case .worker(let types): self.users[user.name] = [.serve: Self.patterns(types)]
            case .client(let types):
                let patterns = Self.patterns(types)
                self.users[user.name] = [.submit: patterns, .read: patterns, .cancel: patterns, .retry: patterns]
            }
        }
        if let owner { self.users[owner] = Self.everything }
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
        guard let patterns = users[user]?[right] else { return false }
        return patterns.contains { pattern in
            guard pattern != "*" else { return true }
            guard let type else { return false }
            return pattern.hasSuffix("*") ? type.name.hasPrefix(pattern.dropLast()) : type.name == pattern
        }
    }
}

extension AccessPolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case users
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let named = try container.decode([String: [String: [String]]].self, forKey: .users)
        users = try named.mapValues { rights in
            try Dictionary(
                uniqueKeysWithValues: rights.map { name, types in
                    guard let right = Right(rawValue: name) else {
                        let known = Right.allCases.map(\.rawValue).joined(separator: ", ")
                        throw DecodingError.dataCorruptedError(
                            forKey: .users, in: container, debugDescription: "'\(name)' is no right; they are \(known)")
                    }
                    return (right, types)
                })
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let named = users.mapValues { rights in
            Dictionary(uniqueKeysWithValues: rights.map { ($0.key.rawValue, $0.value) })
        }
        try container.encode(named, forKey: .users)
    }
}
