import AMQP

/// A user of the broker that can do the work of one part of a grid, and nothing else.
package struct GridUser: Hashable, Sendable {
    /// The part of the grid.
    package enum Role: Hashable, Sendable {
        case dispatcher, nameservice, monitor
        /// Workers of these types; empty: of every type.
        case worker([TaskType])
        /// Clients that submit tasks of these types; empty: of every type.
        case client([TaskType])
        /// A client of every type, for people who run the grid: it pauses and forgets types and stops workers too.
        case `operator`
    }

    package let name: String
    package let role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }

    /// The users of a grid's services.
    package static func services(of topology: Topology) -> [GridUser] {
        [
            GridUser(name: topology.users.dispatcher, role: .dispatcher), GridUser(name: topology.users.nameservice, role: .nameservice),
            GridUser(name: topology.users.monitor, role: .monitor),
        ]
    }

    /// Whether a user can be called so: 1 to 64 lower-case ASCII letters, digits and `-`, so that a dot ends it in every id; and neither
    /// `type` nor `workers`, which other routing keys are.
    package static func isValid(name: String) -> Bool {
        let isWord = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        return isWord && (1...64).contains(name.utf8.count) && name != "type" && name != "workers"
    }
}

/// The permissions of a user of RabbitMQ: patterns of the names of exchanges and queues, and of the routing keys of topic exchanges
/// (rabbitmq.com, "Access Control").
package struct UserPermissions: Hashable, Sendable {
    /// Patterns of routing keys.
    package struct Keys: Hashable, Sendable {
        package var write: String
        package var read: String
    }

    package private(set) var configure: String
    package private(set) var write: String
    package private(set) var read: String
    /// By the name of the exchange. Without one, every routing key would be allowed.
    package private(set) var keys: [String: Keys] = [:]

    /// Matches nothing.
    private static let nothing = "^$"

    /// - Parameters:
    ///   - user: the user.
    ///   - topology: the grid.
    package init(_ user: GridUser, _ topology: Topology) {
        func names(_ alternatives: String...) -> String { "^\(topology.prefix)[.](\(alternatives.joined(separator: "|")))$" }
        // An id of the user, as a part of names and keys.
        let own = "\(user.name)[.].+"
        (configure, write, read) = (Self.nothing, Self.nothing, Self.nothing)
        switch user.role {
        case .dispatcher:
            // It owns the exchanges and the queues of the grid.
            (configure, write, read) = (names(".+"), names(".+"), names(".+"))
        case .nameservice:
            // Its queues alone: the exchange is the dispatcher's.
            configure = names("registry[.].+", "rpc[.]nameservice")
            write = names("registry[.].+", "rpc[.]nameservice", "events", "reply", "control", "dead")
            read = names("registry", "registry[.].+", "rpc", "rpc[.]nameservice")
            keys = [
                topology.registry.name: Keys(write: Self.nothing, read: ".*"),
                topology.rpc.name: Keys(write: Self.nothing, read: "^nameservice$"),
                topology.events.name: Keys(write: "^(worker|grid)[.].+$", read: Self.nothing),
                topology.reply.name: Keys(write: ".*", read: Self.nothing),
                // It asks workers for heartbeats, by their ids or all; requests to the workers of a type are the dispatcher's.
                topology.control.name: Keys(write: "^(workers|(?!type[.])[^.]+[.].+)$", read: Self.nothing),
            ]
        case .monitor:
            configure = names("monitor[.]\(own)", "reply[.]\(own)")
            write = names("monitor[.]\(own)", "reply[.]\(own)", "rpc", "events", "dead")
            read = names("monitor[.]\(own)", "reply[.]\(own)", "events", "registry", "reply")
            keys = [
                topology.events.name: Keys(write: "^grid[.].+$", read: ".*"), topology.registry.name: Keys(write: Self.nothing, read: ".*"),
                topology.reply.name: Keys(write: Self.nothing, read: "^\(own)$"),
                topology.rpc.name: Keys(write: "^(dispatcher|nameservice|monitor-probe)$", read: Self.nothing),
            ]
        case .worker(let types):
            configure = names("control[.]\(own)")
            write = names("control[.]\(own)", "control", "results", "registry", "dead")
            read = names("control[.]\(own)", "control", "work[.]\(Self.pattern(types))")
            keys = [
                topology.results.name: Keys(write: "^\(Self.pattern(types))$", read: Self.nothing),
                topology.registry.name: Keys(write: "^(register|heartbeat|deregister)[.]\(own)$", read: Self.nothing),
                // It asks the broker whether its own queue is bound.
                topology.control.name: Keys(write: "^\(own)$", read: "^(\(own)|workers|type[.]\(Self.pattern(types)))$"),
            ]
        case .client, .operator:
            let types = if case .client(let types) = user.role { types } else { [TaskType]() }
            configure = names("reply[.]\(own)")
            write = names("reply[.]\(own)", "submit", "rpc", "dead")
            read = names("reply[.]\(own)", "reply", "events")
            keys = [
                topology.submit.name: Keys(write: "^\(Self.pattern(types))$", read: Self.nothing),
                topology.rpc.name: Keys(write: "^(dispatcher|nameservice)$", read: Self.nothing),
                topology.reply.name: Keys(write: Self.nothing, read: "^\(own)$"),
                topology.events.name: Keys(write: Self.nothing, read: "^grid[.]started$"),
            ]
        }
    }

    private static func pattern(_ types: [TaskType]) -> String {
        types.isEmpty ? "[a-z][a-z0-9_-]*" : "(\(types.map(\.name).joined(separator: "|")))"
    }
}
