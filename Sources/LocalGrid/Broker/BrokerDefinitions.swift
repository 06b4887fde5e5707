import Crypto
import Foundation
import TaskGridCore

/// The one user of a private broker, and the bound of its queue of submissions, as RabbitMQ's definitions file says them.
enum BrokerDefinitions {
    static let user = "taskgrid"
    /// The most bytes of submissions that wait for a dispatcher; a client is told that the queue is full. It is a policy, because a
    /// policy can be changed while the queue is there.
    static let maximumSubmissions = 1 << 30

    /// - Parameters:
    ///   - password: the administrator's.
    ///   - users: the users of the grid's parts, and their passwords.
    ///   - topology: the grid.
    static func json(password: String, users: [(user: GridUser, password: String)] = [], _ topology: Topology = Topology()) throws -> String
    {
        let others = UserDefinitions(users, topology, virtualHost: "/")
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return """
            {
              "users": [{
                "name": "\(user)",
                "password_hash": "\(hash(password, salt: salt))",
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": ["administrator"]
              }\(try others.list(\.users))],
              "vhosts": [{"name": "/"}],
              "permissions": [{"user": "\(user)", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}\(try others.list(\.permissions))],
              "topic_permissions": [\(try others.list(\.topicPermissions).dropFirst(2))],
              "exchanges": [\(users.isEmpty ? "" : String(try others.list(\.exchanges).dropFirst(2)))],
              "policies": [{
                "name": "submissions", "vhost": "/", "pattern": "[.]submit$", "apply-to": "queues", "priority": 0,
                "definition": {"max-length-bytes": \(maximumSubmissions), "overflow": "reject-publish"}
              }]
            }

            """
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
