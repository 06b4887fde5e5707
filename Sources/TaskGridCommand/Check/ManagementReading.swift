import AMQP
import TaskGridCore

/// What the management interface says of the broker, or why it does not.
struct ManagementReading {
    typealias Part<Value> = Result<Value, ManagementInterface.Failure>

    /// The queues of the grid, and how many there are in the virtual host.
    struct Queues: Hashable {
        var listed: [ListedQueue]
        var total: Int
    }

    var interface: ManagementInterface
    var overview: Part<BrokerOverview>
    var nodes: Part<[ListedNode]>
    var virtualHosts: Part<[ListedVirtualHost]>
    var queues: Part<Queues>
    var exchanges: Part<[ListedExchange]>
    /// Of the whole virtual host.
    var bindings: Part<[ListedBinding]>
    /// Read where they are set: what RabbitMQ says of them beside a queue is up to five seconds old.
    var policies: Part<[ListedPolicy]>
    var operatorPolicies: Part<[ListedPolicy]>
    var permissions: Part<[ListedPermission]>
    var topicPermissions: Part<[ListedTopicPermission]>
    /// Of the virtual host, by their names.
    var limits: Part<[String: Int]>
    /// Of the user, by their names.
    var userLimits: Part<[String: Int]>
    /// How many connections the virtual host has; it is counted where it is limited.
    var connections: Part<Int>
    /// The connections of the virtual host with their users, as far as the interface's user may see them; they are read when it is known
    /// which services answer.
    var logins: Part<[ListedConnection]>
    var deprecated: Part<[Named]>

    /// Asks for everything. Where nobody answers, it asks no further.
    ///
    /// - Parameters:
    ///   - interface: where to ask.
    ///   - grid: the grid and its user.
    static func read(_ interface: ManagementInterface, of grid: CheckedGrid) async -> ManagementReading {
        let host = ManagementInterface.encoded(grid.endpoint.virtualHost)
        let user = ManagementInterface.encoded(grid.endpoint.user)
        let overview: Part<BrokerOverview> = await interface.get("overview?columns=rabbitmq_version,cluster_name")
        if case .failure(let failure) = overview { return ManagementReading(interface, without: failure) }
        var reading = ManagementReading(interface, without: ManagementInterface.Failure(reason: "not asked"))
        reading.overview = overview
        reading.nodes = await interface.get("nodes?columns=name,running,partitions,mem_alarm,disk_free_alarm,being_drained")
        reading.virtualHosts = await interface.get("vhosts?columns=name,default_queue_type")
        reading.queues = await queues(interface, host, prefix: grid.topology.prefix)
        reading.exchanges = await interface.get("exchanges/\(host)?columns=name,type,durable,arguments")
        // RabbitMQ gives no pages of them.
        reading.bindings = await interface.get("bindings/\(host)?columns=source,destination,destination_type,routing_key,properties_key")
        reading.policies = await interface.get("policies/\(host)")
        reading.operatorPolicies = await interface.get("operator-policies/\(host)")
        reading.permissions = await interface.get("users/\(user)/permissions")
        reading.topicPermissions = await interface.get("users/\(user)/topic-permissions")
        reading.limits = await limits(interface, "vhost-limits/\(host)")
        reading.userLimits = await limits(interface, "user-limits/\(user)")
        if case .success(let limits) = reading.limits, limits["max-connections"] != nil {
            reading.connections = await interface.get("vhosts/\(host)/connections?columns=name", as: [Named].self).map(\.count)
        }
        reading.deprecated = await interface.get("deprecated-features/used", unknown: [])
        return reading
    }

    init(_ interface: ManagementInterface, without failure: ManagementInterface.Failure) {
        self.interface = interface
        overview = .failure(failure)
        nodes = .failure(failure)
        virtualHosts = .failure(failure)
        queues = .failure(failure)
        exchanges = .failure(failure)
        bindings = .failure(failure)
        policies = .failure(failure)
        operatorPolicies = .failure(failure)
        permissions = .failure(failure)
        topicPermissions = .failure(failure)
        limits = .failure(failure)
        userLimits = .failure(failure)
        connections = .failure(failure)
        logins = .failure(failure)
        deprecated = .failure(failure)
    }

    private static func limits(_ interface: ManagementInterface, _ target: String) async -> Part<[String: Int]> {
        await interface.get(target, as: [ListedLimits].self, unknown: []).map { listed in
            listed.reduce(into: [:]) { limits, one in limits.merge(one.value) { $1 } }
        }
    }

    private static func queues(_ interface: ManagementInterface, _ host: String, prefix: String) async -> Part<Queues> {
        let name = ManagementInterface.encoded("^\(prefix)[.]")
        let columns = "name,type,state,exclusive,arguments,leader,members,online"
        var queues = Queues(listed: [], total: 0)
        var number = 1
        while true {
            let target = "queues/\(host)?page=\(number)&page_size=500&name=\(name)&use_regex=true&columns=\(columns)"
            switch await interface.get(target, as: QueuePage.self) {
            case .failure(let failure): return .failure(failure)
            case .success(let page):
                queues.listed += page.items
                queues.total = page.total
                guard number < page.pages else { return .success(queues) }
                number += 1
            }
        }
    }
}
