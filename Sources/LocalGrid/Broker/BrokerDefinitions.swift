import Crypto
import Foundation
import TaskGridCore

/// RabbitMQ's definitions of a private broker: its administrator, the users of the grid's parts, and the bound of its queue of submissions.
struct BrokerDefinitions: Encodable {
    private struct VirtualHost: Encodable {
        let name: String
    }

    private struct Policy: Encodable {
        struct Definition: Encodable {
            let maximumBytes: Int
            let overflow = "reject-publish"

            private enum CodingKeys: String, CodingKey {
                case maximumBytes = "max-length-bytes"
                case overflow
            }
        }

        let name: String
        let vhost: String
        let pattern: String
        let applyTo = "queues"
        let priority = 0
        let definition: Definition

        private enum CodingKeys: String, CodingKey {
            case name, vhost, pattern, priority, definition
            case applyTo = "apply-to"
        }
    }

    /// The administrator.
    static let user = "taskgrid"
    /// The most bytes of submissions that wait for a dispatcher; a client is told that the queue is full. It is a policy, because a
    /// policy can be changed while the queue is there.
    static let maximumSubmissions = 1 << 30

    private static let virtualHost = "/"

    private let users: [UserDefinitions.User]
    private let vhosts = [VirtualHost(name: virtualHost)]
    private let permissions: [UserDefinitions.Permission]
    private let topicPermissions: [UserDefinitions.TopicPermission]
    private let exchanges: [UserDefinitions.DefinedExchange]
    private let policies: [Policy]

    /// - Parameters:
    ///   - password: the administrator's.
    ///   - users: the users of the grid's parts, and their passwords.
    ///   - topology: the grid.
    init(password: String, users: [(user: GridUser, password: String)] = [], _ topology: Topology = Topology()) {
        let others = UserDefinitions(users, topology, virtualHost: Self.virtualHost)
        self.users = [UserDefinitions.User(name: Self.user, password: password, tags: ["administrator"])] + others.users
        permissions =
            [UserDefinitions.Permission(user: Self.user, vhost: Self.virtualHost, configure: ".*", write: ".*", read: ".*")]
            + others.permissions
        topicPermissions = others.topicPermissions
        exchanges = users.isEmpty ? [] : others.exchanges
        policies = [
            Policy(
                name: "submissions", vhost: Self.virtualHost, pattern: "[.]submit$",
                definition: Policy.Definition(maximumBytes: Self.maximumSubmissions))
        ]
    }

    /// The definitions, as RabbitMQ reads them from a file.
    var json: Data {
        get throws { try UserDefinitions.encoder.encode(self) }
    }

    /// base64(salt ‖ SHA-256(salt ‖ password)), the salt being four bytes (rabbitmq.com, "Passwords").
    static func hash(_ password: String, salt: [UInt8]) -> String {
        Data(salt + SHA256.hash(data: salt + Array(password.utf8))).base64EncodedString()
    }

    /// 160 random bits, in hexadecimal.
    static func newPassword() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<20).map { _ in
            let digits = String(UInt8.random(in: .min ... .max, using: &generator), radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}
