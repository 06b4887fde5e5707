import AMQP
import Foundation

// What RabbitMQ's management interface says, as far as the check looks at it. A field that some version or state leaves out is optional.

/// Of the whole broker (`/api/overview`).
struct BrokerOverview: Decodable, Hashable {
    var version: String
    var cluster: String?

    enum CodingKeys: String, CodingKey {
        case version = "rabbitmq_version"
        case cluster = "cluster_name"
    }
}

/// One node of the cluster (`/api/nodes`).
struct ListedNode: Decodable, Hashable {
    var name: String
    var running: Bool
    var partitions: [String]?
    var hasMemoryAlarm: Bool?
    var hasDiskAlarm: Bool?
    var isBeingDrained: Bool?

    enum CodingKeys: String, CodingKey {
        case name, running, partitions
        case hasMemoryAlarm = "mem_alarm"
        case hasDiskAlarm = "disk_free_alarm"
        case isBeingDrained = "being_drained"
    }
}

/// A queue (`/api/queues`).
struct ListedQueue: Decodable, Hashable {
    var name: String
    var kind: String?
    var state: String?
    var isExclusive: Bool?
    var arguments: QueueSettings?
    var leader: String?
    var members: [String]?
    /// Those of the members that are up.
    var online: [String]?

    enum CodingKeys: String, CodingKey {
        case name, state, arguments, leader, members, online
        case kind = "type"
        case isExclusive = "exclusive"
    }
}

/// A policy (`/api/policies`) or an operator policy (`/api/operator-policies`).
struct ListedPolicy: Decodable, Hashable {
    var name: String
    /// A regular expression, which may match any part of a name.
    var pattern: String
    var appliesTo: String
    var priority: Int
    var definition: QueueSettings

    enum CodingKeys: String, CodingKey {
        case name, pattern, priority, definition
        case appliesTo = "apply-to"
    }
}

/// A page of queues.
struct QueuePage: Decodable, Hashable {
    var items: [ListedQueue]
    /// The number of pages.
    var pages: Int
    /// The number of all queues of the virtual host.
    var total: Int

    enum CodingKeys: String, CodingKey {
        case items
        case pages = "page_count"
        case total = "total_count"
    }
}

/// An exchange (`/api/exchanges`).
struct ListedExchange: Decodable, Hashable {
    var name: String
    var kind: String
    var durable: Bool
    var arguments: QueueSettings?

    enum CodingKeys: String, CodingKey {
        case name, durable, arguments
        case kind = "type"
    }
}

/// A virtual host (`/api/vhosts`).
struct ListedVirtualHost: Decodable, Hashable {
    var name: String
    var defaultQueueType: String?

    enum CodingKeys: String, CodingKey {
        case name
        case defaultQueueType = "default_queue_type"
    }
}

/// The patterns of a user in a virtual host (`/api/users/…/permissions`).
struct ListedPermission: Decodable, Hashable {
    var vhost: String
    var configure: String
    var write: String
    var read: String
}

/// The patterns of a user for the routing keys of a topic exchange (`/api/users/…/topic-permissions`).
struct ListedTopicPermission: Decodable, Hashable {
    var vhost: String
    var exchange: String
    var write: String
    var read: String
}

/// A connection (`/api/vhosts/…/connections`). One that is just closing has no more than its name.
struct ListedConnection: Decodable, Hashable {
    var user: String?
    /// What the program calls it.
    var name: String?
    /// Of a dispatcher: the grid's prefix, and the machine and number of its process.
    var prefix: String?
    var process: String?
    /// Of a dispatcher: the identity of its store; nil: one of an earlier version, which does not say it.
    var store: String?

    enum CodingKeys: String, CodingKey {
        case user
        case properties = "client_properties"
    }

    private struct Properties: Decodable {
        let name: String?
        let prefix: String?
        let process: String?
        let store: String?

        enum CodingKeys: String, CodingKey {
            case name = "connection_name"
            case prefix, process, store
        }
    }

    init(user: String?, name: String?, prefix: String? = nil, process: String? = nil, store: String? = nil) {
        self.user = user
        self.name = name
        self.prefix = prefix
        self.process = process
        self.store = store
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        user = try container.decodeIfPresent(String.self, forKey: .user)
        // RabbitMQ writes an empty table as a list.
        let properties = try? container.decode(Properties.self, forKey: .properties)
        (name, prefix) = (properties?.name, properties?.prefix)
        (process, store) = (properties?.process, properties?.store)
    }
}

/// Anything of which the name alone counts, such as a connection or a deprecated feature.
struct Named: Decodable, Hashable {
    var name: String
}

/// Limits of a virtual host or a user (`/api/vhost-limits`, `/api/user-limits`).
struct ListedLimits: Decodable, Hashable {
    var value: [String: Int]
}

/// Arguments or a policy's definition. RabbitMQ writes an empty one as a list at times.
struct QueueSettings: Decodable, Hashable {
    var values: FieldTable

    init(_ values: FieldTable) { self.values = values }

    init(from decoder: any Decoder) throws {
        guard let container = try? decoder.container(keyedBy: Key.self) else {
            values = [:]
            return
        }
        values = [:]
        for key in container.allKeys {
            values[key.stringValue] =
                if let value = try? container.decode(Bool.self, forKey: key) {
                    .bool(value)
                } else if let value = try? container.decode(Int64.self, forKey: key) {
                    .int(value)
                } else if let value = try? container.decode(String.self, forKey: key) {
                    .string(value)
                } else {
                    .void
                }
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
