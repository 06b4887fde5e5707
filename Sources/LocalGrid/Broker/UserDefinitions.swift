import AMQP
package import Foundation
package import TaskGridCore

/// RabbitMQ's definitions of the users of a grid, to be imported by its management interface (`POST /api/definitions`); and of its exchanges,
/// which the dispatcher alone may declare, so that its parts can start in any order.
package struct UserDefinitions: Encodable, Sendable {
    struct User: Encodable {
        let name: String
        let passwordHash: String
        let hashingAlgorithm = "rabbit_password_hashing_sha256"
        let tags: [String]

        init(name: String, password: String, tags: [String] = []) {
            self.name = name
            var generator = SystemRandomNumberGenerator()
            let salt = (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            passwordHash = BrokerDefinitions.hash(password, salt: salt)
            self.tags = tags
        }
    }

    struct Permission: Encodable {
        let user: String
        let vhost: String
        let configure: String
        let write: String
        let read: String
    }

    struct TopicPermission: Encodable {
        let user: String
        let vhost: String
        let exchange: String
        let write: String
        let read: String
    }

    struct DefinedExchange: Encodable {
        let name: String
        let vhost: String
        let type: String
        let durable = true
        let autoDelete = false
        let `internal` = false
        let arguments: [String: String] = [:]
    }

    private(set) var exchanges: [DefinedExchange]
    private(set) var users: [User] = []
    private(set) var permissions: [Permission] = []
    private(set) var topicPermissions: [TopicPermission] = []

    /// - Parameters:
    ///   - users: the users, and their passwords.
    ///   - topology: the grid.
    ///   - virtualHost: the virtual host of the grid, which must be there.
    package init(_ users: [(user: GridUser, password: String)], _ topology: Topology, virtualHost: String) {
        exchanges = topology.exchanges.map { DefinedExchange(name: $0.name, vhost: virtualHost, type: $0.kind.rawValue) }
        for (user, password) in users {
            self.users.append(User(name: user.name, password: password))
            let allowed = UserPermissions(user, topology)
            permissions.append(
                Permission(user: user.name, vhost: virtualHost, configure: allowed.configure, write: allowed.write, read: allowed.read))
            for (exchange, keys) in allowed.keys.sorted(by: { $0.key < $1.key }) {
                topicPermissions.append(
                    TopicPermission(user: user.name, vhost: virtualHost, exchange: exchange, write: keys.write, read: keys.read))
            }
        }
    }

    /// The definitions, as RabbitMQ reads them.
    package var json: Data {
        get throws { try Self.encoder.encode(self) }
    }

    /// Writes keys as RabbitMQ has them.
    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        return encoder
    }

    /// The administrator of the broker of `taskgrid up`, which no user of a part can be.
    package static var administrator: String { BrokerDefinitions.user }

    /// What the names of the users of workers of `taskgrid up` begin with.
    package static let workerPrefix = "worker-"

    /// A password for a user: 160 random bits.
    package static func newPassword() -> String { BrokerDefinitions.newPassword() }
}
