import Foundation
import TaskGridCore
import Testing

@testable import LocalGrid

@Suite struct BrokerDefinitionsTests {
    /// The example of RabbitMQ's own documentation ("Passwords", "Computing Hash").
    @Test func `passwords are hashed as RabbitMQ does`() {
        let hash = BrokerDefinitions.hash("test12", salt: [0x90, 0x8d, 0xc6, 0x0a])
        #expect(hash == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR")
    }

    @Test func `the definitions are JSON without the password`() throws {
        let user = GridUser(name: "crew", role: .worker([TaskType(literal: "hash")]))
        let data = try BrokerDefinitions(password: "secret-password", users: [(user, "other-password")]).json
        let json = String(decoding: data, as: UTF8.self)
        #expect(!json.contains("secret-password") && !json.contains("other-password"))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(Set(object.keys) == ["users", "vhosts", "permissions", "topic_permissions", "exchanges", "policies"])
        #expect((object["users"] as? [[String: Any]])?.map { $0["name"] as? String } == ["taskgrid", "crew"])
        #expect((object["users"] as? [[String: Any]])?.last?["tags"] as? [String] == [])
        #expect((object["topic_permissions"] as? [[String: Any]])?.count == 3)
        #expect((object["users"] as? [[String: Any]])?.first?["tags"] as? [String] == ["administrator"])
        #expect((object["permissions"] as? [[String: String]])?.map { $0["vhost"] } == ["/", "/"])
        let policy = try #require((object["policies"] as? [[String: Any]])?.first)
        #expect(policy["apply-to"] as? String == "queues" && policy["pattern"] as? String == "[.]submit$")
        let definition = try #require(policy["definition"] as? [String: Any])
        #expect(definition["max-length-bytes"] as? Int == 1 << 30 && definition["overflow"] as? String == "reject-publish")
        let alone = try JSONSerialization.jsonObject(with: BrokerDefinitions(password: "secret").json) as? [String: Any]
        #expect((alone?["exchanges"] as? [Any])?.isEmpty == true && (alone?["users"] as? [Any])?.count == 1)
    }

    @Test func `two definitions of one password have different salts`() throws {
        let hashes = Set((0..<10).map { _ in UserDefinitions.User(name: "crew", password: "secret").passwordHash })
        #expect(hashes.count == 10)
    }

    @Test func `passwords are long and differ`() {
        let passwords = (0..<100).map { _ in BrokerDefinitions.newPassword() }
        #expect(Set(passwords).count == 100)
        #expect(passwords.allSatisfy { $0.count == 40 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test func `the files are readable by their owner alone, and the password is kept`() async throws {
        try await withTemporaryFolder { folder in
            let lock = try folder.open()
            defer { withExtendedLifetime(lock) {} }
            let files = BrokerFiles(folder: folder.broker)
            var secrets: [[String]] = []
            var written: Set<[Int?]> = []
            for _ in 0..<2 {
                let ports = try Ports(.free, for: PrivateBroker.uses(nodes: 1))
                let password = try files.prepare()
                try files.prepare(BrokerNode(1, of: 1, ports: ports), seen: folder, maximumMessageSize: nil)
                secrets.append([password, try String(contentsOfFile: files.cookie, encoding: .utf8)])
                written.insert(
                    try [files.password, files.cookie].map {
                        try FileManager.default.attributesOfItem(atPath: $0)[.systemFileNumber] as? Int
                    })
                let port = try #require(ports[.amqp(node: 1)])
                #expect(try String(contentsOfFile: files.configuration, encoding: .utf8).contains("127.0.0.1:\(port)\n"))
            }
            #expect(written.count == 1, "a secret that is known is not written again")
            #expect(secrets[0] == secrets[1] && secrets[0][0] != secrets[0][1])
            for file in [files.password, files.cookie, files.definitions, files.configuration] { #expect(try mode(file) == 0o600) }
        }
    }
}

@Suite struct AMQPProbeTests {
    @Test func `a broker is known by its connection.start`() {
        #expect(AMQPProbe.isConnectionStart([1, 0, 0, 0, 0, 1, 200, 0, 10, 0, 10]))
        // A heartbeat, another method, the header by which a broker refuses a version, and too little.
        #expect(!AMQPProbe.isConnectionStart([8, 0, 0, 0, 0, 1, 200, 0, 10, 0, 10]))
        #expect(!AMQPProbe.isConnectionStart([1, 0, 0, 0, 0, 1, 200, 0, 10, 0, 50]))
        #expect(!AMQPProbe.isConnectionStart(Array("AMQP".utf8) + [0, 0, 9, 1, 0, 0, 0]))
        #expect(!AMQPProbe.isConnectionStart([1, 0, 0]))
    }

    @Test func `silence is not taken for an answer`() async throws {
        let port = try LoopbackPort.free(besides: [])
        #expect(await !AMQPProbe.answers(port))
    }
}
