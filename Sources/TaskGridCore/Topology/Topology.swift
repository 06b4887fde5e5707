public import AMQP

/// The names of every exchange, queue and routing key, and who declares what. They are named here and nowhere else.
///
/// Several grids share a broker by their prefix. It has no dot, so that a dot ends it in every name, and the permissions of one grid's users
/// reach no other grid.
public struct Topology: Hashable, Sendable {
    public static let defaultPrefix = "taskgrid"

    public let prefix: String
    /// The kind of every queue that outlives its connection.
    public let queueKind: Queue.Kind
    /// The users of the services.
    public let users: ServiceUsers

    /// The most bytes of a prefix: every name that starts with it stays within AMQP's 255.
    public static let maximumPrefixLength = 64

    /// Whether a prefix can be used: 1 to 64 ASCII letters, digits, `-` and `_`, the first none of the signs. Code that takes a prefix
    /// from a person checks it first.
    public static func isValid(prefix: String) -> Bool {
        let characters = Array(prefix)
        func isPlain(_ character: Character) -> Bool { character.isASCII && (character.isLetter || character.isNumber) }
        return (1...maximumPrefixLength).contains(characters.count) && isPlain(characters[0])
            && characters.allSatisfy { isPlain($0) || $0 == "-" || $0 == "_" }
    }

    /// - Parameters:
    ///   - prefix: the beginning of every name; a valid one (``isValid(prefix:)``).
    ///   - queueKind: the kind of every queue that outlives its connection.
    ///   - users: the users of the services; nil: those that `taskgrid users` makes.
    public init(prefix: String = Topology.defaultPrefix, queueKind: Queue.Kind = .classic, users: ServiceUsers? = nil) {
        self.prefix = prefix
        self.queueKind = queueKind
        self.users = users ?? ServiceUsers(prefix: prefix)
    }

    // MARK: Exchanges

    package var submit: Exchange { Exchange("\(prefix).submit", .topic) }
    package var work: Exchange { Exchange("\(prefix).work", .topic) }
    package var results: Exchange { Exchange("\(prefix).results", .topic) }
    package var reply: Exchange { Exchange("\(prefix).reply", .topic) }
    package var registry: Exchange { Exchange("\(prefix).registry", .topic) }
    package var rpc: Exchange { Exchange("\(prefix).rpc", .topic) }
    package var control: Exchange { Exchange("\(prefix).control", .topic) }
    package var events: Exchange { Exchange("\(prefix).events", .topic) }
    package var dead: Exchange { Exchange("\(prefix).dead", .fanout) }

    /// Every exchange. The dispatcher owns them. Another service declares those that are missing if its user may, and otherwise waits for the
    /// dispatcher, so that none depends on the order in which they start.
    package var exchanges: [Exchange] {
        [submit, work, results, reply, registry, rpc, control, events, dead]
    }

    // MARK: Queues

    package var submitQueue: Queue { .shared("\(prefix).submit", kind: queueKind) }
    package var resultsQueue: Queue { .shared("\(prefix).results", kind: queueKind) }
    /// Undecodable messages, for people to look at: the latest 10,000 within 64 MiB.
    package var deadQueue: Queue { .shared("\(prefix).dead", kind: queueKind, arguments: Self.bounds(10_000)) }

    /// The bounds of a queue: its oldest messages go first.
    private static func bounds(_ messages: Int64, bytes: Int64 = 64 << 20) -> FieldTable {
        ["x-max-length": .int(messages), "x-max-length-bytes": .int(bytes)]
    }

    /// The durable queue that nameservices shared before each had one of its own. It is still bound on a broker that knew them.
    package var formerRegistryQueue: String { "\(prefix).registry" }

    package func workQueue(_ type: TaskType) -> Queue { .shared("\(prefix).work.\(type)", kind: queueKind) }

    package func rpcQueue(_ service: Service) -> Queue {
        .shared(
            "\(prefix).rpc.\(service.rawValue)", kind: queueKind, arguments: ["x-message-ttl": 30_000, "x-max-length-bytes": 67_108_864]
        )
    }

    /// The services that answer queries.
    package enum Service: String, Sendable {
        case dispatcher, nameservice
    }

    /// The queue whose holder is the active dispatcher: exclusive, so a second one is refused and stands by.
    package var dispatcherLock: Queue { .exclusive("\(prefix).dispatcher.lock") }

    /// A queue of one listener's own.
    package func listenerQueue(_ what: String, _ id: String) -> Queue {
        .exclusive("\(prefix).\(what).\(id)", arguments: Self.bounds(100_000))
    }

    /// A client's reply queue: bounded in bytes, since anybody can have answers sent to it. Two of the largest messages fit. Dropped
    /// answers are asked for again.
    package func replyQueue(client: String) -> Queue {
        .exclusive("\(prefix).reply.\(client)", arguments: ["x-max-length-bytes": .int(Int64(2 * WireFormat.maximumBodySize))])
    }

    // MARK: Routing keys

    // An id begins with its user and a dot, which the broker's topic permissions go by.

    /// `register`, `heartbeat` or `deregister`, then the worker's id.
    package static func registryKey(_ what: RegistryMessage.Kind, worker: String) -> String { "\(what.rawValue).\(worker)" }

    /// The key of a request to all workers of a type. No user is called `type`.
    package func cancelKey(_ type: TaskType) -> String { "type.\(type)" }

    /// The key of a message to all workers.
    package static let allWorkersKey = "workers"

    /// The key of a message to one worker: its id.
    package func workerKey(_ worker: String) -> String { worker }

    package func taskEventKey(_ type: TaskType) -> String { "task.\(type)" }
    package func workerEventKey(_ what: WorkerEvent.Kind) -> String { "worker.\(what.rawValue)" }
    package func gridEventKey(_ what: String) -> String { "grid.\(what)" }

    // MARK: Owners of declarations

    /// What every service needs: the exchanges.
    package var common: Declarations { Declarations(exchanges: exchanges) }

    /// A work queue, which the dispatcher declares once a worker of the type has registered.
    package func work(_ type: TaskType) -> Declarations {
        Declarations(
            exchanges: [work], queues: [workQueue(type)],
            bindings: [Binding(exchange: work.name, queue: workQueue(type).name, key: type.name)]
        )
    }

    /// The queue of dead letters, which the dispatcher declares.
    package var deadLetters: Declarations {
        common
            + Declarations(queues: [deadQueue], bindings: [Binding(exchange: dead.name, queue: deadQueue.name, key: "")])
    }

    package var dispatcher: Declarations {
        deadLetters
            + Declarations(
                queues: [submitQueue, resultsQueue, rpcQueue(.dispatcher)],
                bindings: [
                    Binding(exchange: submit.name, queue: submitQueue.name, key: "#"),
                    Binding(exchange: results.name, queue: resultsQueue.name, key: "#"),
                    Binding(exchange: rpc.name, queue: rpcQueue(.dispatcher).name, key: Service.dispatcher.rawValue),
                ]
            )
    }

    /// A dispatcher's declarations for heartbeats, over a connection of its own.
    package func heartbeats(id: String) -> Declarations {
        let heartbeats = listenerQueue("heartbeats", id)
        return common
            + Declarations(queues: [heartbeats], bindings: [Binding(exchange: registry.name, queue: heartbeats.name, key: "#")])
    }

    /// The queue of queries that all nameservices share.
    package var nameservice: Declarations {
        common
            + Declarations(
                queues: [rpcQueue(.nameservice)],
                bindings: [Binding(exchange: rpc.name, queue: rpcQueue(.nameservice).name, key: Service.nameservice.rawValue)]
            )
    }

    /// A nameservice's declarations for what workers say: each hears all of it.
    package func registrations(id: String) -> Declarations {
        let registrations = listenerQueue("registry", id)
        return common
            + Declarations(queues: [registrations], bindings: [Binding(exchange: registry.name, queue: registrations.name, key: "#")])
    }

    /// The work queues of a worker. It declares a queue that is missing where its user may; otherwise it waits for the dispatcher.
    package func work(types: [TaskType]) -> Declarations {
        Declarations(
            queues: types.map(workQueue),
            bindings: types.map { Binding(exchange: work.name, queue: workQueue($0).name, key: $0.name) }
        )
    }

    /// A worker's declarations for control messages, over another connection than its work.
    package func control(worker: String, types: [TaskType]) -> Declarations {
        let queue = listenerQueue("control", worker)
        return Declarations(
            queues: [queue],
            bindings: types.map { Binding(exchange: control.name, queue: queue.name, key: cancelKey($0)) }
                + [workerKey(worker), Self.allWorkersKey].map { Binding(exchange: control.name, queue: queue.name, key: $0) }
        )
    }

    /// All that a worker declares.
    package func worker(id: String, types: [TaskType]) -> Declarations {
        common + work(types: types) + control(worker: id, types: types)
    }

    package func monitor(id: String) -> Declarations {
        let listener = listenerQueue("monitor", id)
        return common
            + Declarations(
                queues: [listener, replyQueue(client: id)],
                bindings: [
                    Binding(exchange: events.name, queue: listener.name, key: "#"),
                    Binding(exchange: registry.name, queue: listener.name, key: "#"),
                    Binding(exchange: reply.name, queue: replyQueue(client: id).name, key: id),
                ]
            )
    }

    package func client(id: String) -> Declarations {
        Declarations(
            exchanges: exchanges,
            queues: [replyQueue(client: id)],
            bindings: [
                Binding(exchange: reply.name, queue: replyQueue(client: id).name, key: id),
                // A dispatcher that has just begun says so: one that died may have owed replies.
                Binding(exchange: events.name, queue: replyQueue(client: id).name, key: gridEventKey("started")),
            ]
        )
    }
}
