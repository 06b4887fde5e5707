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
        let json = try BrokerDefinitions.json(password: "secret-password", users: [(user, "other-password")])
        #expect(!json.contains("secret-password") && !json.contains("other-password"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(Set(object.keys) == ["users", "vhosts", "permissions", "topic_permissions", "exchanges", "policies"])
        #expect((object["users"] as? [[String: Any]])?.map { $0["name"] as? String } == ["taskgrid", "crew"])
        #expect((object["users"] as? [[String: Any]])?.last?["tags"] as? [String] == [])
        #expect((object["topic_permissions"] as? [[String: Any]])?.count == 3)
        let alone = try BrokerDefinitions.json(password: "secret")
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(alone.utf8)) }
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
            for _ in 0..<2 {
                let ports = try Ports(.free, for: PrivateBroker.uses(nodes: 1))
                let password = try files.prepare().administrator
                try files.prepare(BrokerNode(1, of: 1, ports: ports), seen: folder, maximumMessageSize: nil)
                secrets.append([password, try String(contentsOfFile: files.cookie, encoding: .utf8)])
                let port = try #require(ports[.amqp(node: 1)])
                #expect(try String(contentsOfFile: files.configuration, encoding: .utf8).contains("127.0.0.1:\(port)\n"))
            }
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
