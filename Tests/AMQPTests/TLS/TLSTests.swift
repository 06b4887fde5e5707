import AMQP
import Foundation
import LocalGrid
import TestSupport
import Testing

@Suite("TLS", SharedTLSBroker(), .enabled(if: TLSBroker.canRun, "no RabbitMQ on this machine"), .timeLimit(.minutes(2)))
struct TLSTests {
    /// Connects, and fails the test unless that is refused.
    static func refusal(of endpoint: Endpoint) async -> AMQPError? {
        let connection = Connection(endpoint, name: "test tls", logger: .silent)
        return await #expect(throws: AMQPError.self) { try await connection.start(patience: .milliseconds(1)) }
    }

    @Suite("Logins") struct LoginTests {
        @Test(arguments: ["127.0.0.1", "localhost"])
        func `a client certificate is the login of its common name, to a broker by an address or by a name`(host: String) async throws {
            let broker = try TLSBroker.shared()
            let endpoint = try broker.endpoint(broker.certificates.settings("client"), host: host)
            #expect(endpoint.user == broker.plain.user)
            let connection = Connection(endpoint, name: "test tls", logger: .silent)
            try await connection.start(patience: .seconds(10))
            // RabbitMQ refuses a message whose user-id is not the user that has logged in.
            let queue = Queue.exclusive("test.\(UUID().uuidString)")
            try await connection.declare(Declarations(queues: [queue]))
            let message = Message(properties: BasicProperties(userID: endpoint.user))
            let outcomes = try await connection.publish([Publication(exchange: "", routingKey: queue.name, message: message)])
            #expect(outcomes == [.confirmed])
            await connection.close()
        }

        @Test func `a URL with a password logs in by it, beside the client certificate that the broker demands`() async throws {
            let broker = try TLSBroker.shared()
            let url = "amqps://\(broker.plain.user):\(broker.plain.password)@localhost:\(broker.port)"
            let endpoint = try Endpoint(url: url, tls: broker.certificates.settings("nobody"))
            #expect(!endpoint.logsInByCertificate)
            let connection = Connection(endpoint, name: "test tls", logger: .silent)
            try await connection.start(patience: .seconds(10))
            await connection.close()
        }

        @Test func `a certificate of a user that the broker does not have is refused with what to do`() async throws {
            let broker = try TLSBroker.shared()
            let error = await refusal(of: try broker.endpoint(broker.certificates.settings("nobody")))
            #expect(error?.code == .accessRefused)
            #expect(error?.message.contains("amqps://nobody@127.0.0.1") == true)
            #expect(error?.message.contains("ssl_cert_login_from = common_name") == true)
        }

        @Test func `a client certificate of another CA is refused with what to do`() async throws {
            let broker = try TLSBroker.shared()
            let error = await refusal(of: try broker.endpoint(broker.certificates.settings("stranger")))
            #expect(error?.code == .tlsRefused)
            #expect(error?.message.contains("the broker refuses the client certificate (") == true, "\(error?.message ?? "")")
        }

        @Test func `a broker that demands a client certificate says so to one without`() async throws {
            let broker = try TLSBroker.shared()
            let error = await refusal(of: try broker.endpoint(broker.certificates.settings()))
            #expect(error?.code == .tlsRefused)
            #expect(error?.message.contains("client certificate") == true, "\(error?.message ?? "")")
        }
    }

    @Suite("Verification of the broker") struct VerificationTests {
        @Test func `a broker whose certificate a strange CA has signed is refused`() async throws {
            let broker = try TLSBroker.shared()
            let settings = broker.certificates.settings("client", ca: "stranger")
            let error = await refusal(of: try broker.endpoint(settings))
            #expect(error?.code == .tlsRefused)
            #expect(error?.message.contains("is signed by no CA in \(settings.ca ?? "")") == true, "\(error?.message ?? "")")
        }

        @Test func `a CA that only a test knows is none that this machine trusts`() async throws {
            let broker = try TLSBroker.shared()
            let error = await refusal(of: try broker.endpoint(TLSSettings()))
            #expect(error?.code == .tlsRefused)
            #expect(error?.message.contains("is signed by no CA that this machine trusts") == true, "\(error?.message ?? "")")
        }

        @Test(arguments: ["other.example", "127.0.0.2", "::1"])
        func `a broker whose certificate has another name or address is refused`(name: String) async throws {
            let broker = try TLSBroker.shared()
            let error = await refusal(of: try broker.endpoint(broker.certificates.settings("client", serverName: name)))
            #expect(error?.code == .tlsRefused)
            #expect(error?.message.contains("the broker's certificate is not for '\(name)'") == true, "\(error?.message ?? "")")
        }

        @Test func `a name that is empty matches no certificate`() async throws {
            let broker = try TLSBroker.shared()
            let error = await refusal(of: try broker.endpoint(broker.certificates.settings("client", serverName: "")))
            #expect(error?.code == .tlsRefused)
        }

        /// RFC 9525, section 2.
        @Test func `a broker whose certificate has the name as its common name alone is refused`() async throws {
            let certificates = try TLSBroker.shared().certificates
            try await certificates.make("common-name", name: "localhost", names: "subjectAltName=IP:127.0.0.2")
            try await TLSServer.run("common-name", of: certificates) { port in
                let error = await refusal(of: try Endpoint(url: "amqps://localhost:\(port)", tls: certificates.settings()))
                #expect(error?.code == .tlsRefused)
                #expect(error?.message.contains("the broker's certificate is not for 'localhost'") == true, "\(error?.message ?? "")")
            }
        }

        @Test func `a certificate that has expired is refused`() async throws {
            let certificates = try TLSBroker.shared().certificates
            try await TLSServer.run("expired", of: certificates) { port in
                let error = await refusal(of: try Endpoint(url: "amqps://localhost:\(port)", tls: certificates.settings()))
                #expect(error?.code == .tlsRefused)
                #expect(error?.message.contains("has expired") == true, "\(error?.message ?? "")")
            }
        }

        @Test func `a server that speaks TLS 1_0 alone is refused`() async throws {
            let certificates = try TLSBroker.shared().certificates
            try await TLSServer.run("server", of: certificates, ["-tls1", "-cipher", "ALL:@SECLEVEL=0"]) { port in
                let error = await refusal(of: try Endpoint(url: "amqps://localhost:\(port)", tls: certificates.settings()))
                #expect(error?.code == .tlsRefused)
                #expect(error?.message.contains("speaks neither TLS 1.2 nor 1.3") == true, "\(error?.message ?? "")")
            }
        }
    }

    @Suite("Ports and handshakes") struct HandshakeTests {
        @Test func `a port without TLS is told apart, from either side`() async throws {
            let broker = try TLSBroker.shared()
            let plain = broker.plain.addresses[0].port
            let secure = await refusal(of: try broker.endpoint(broker.certificates.settings("client"), port: plain))
            #expect(secure?.code == .tlsRefused)
            #expect(secure?.message.contains("no TLS is spoken there") == true, "\(secure?.message ?? "")")
            var endpoint = broker.plain
            endpoint.addresses = [.init(host: "127.0.0.1", port: broker.port)]
            let error = await refusal(of: endpoint)
            #expect(error?.code == .unreachable)
            #expect(
                error?.message.contains("does that port speak TLS? Then the URL begins with amqps://") == true, "\(error?.message ?? "")")
        }

        @Test func `a handshake that is cut is tried again, and said`() async throws {
            let broker = try TLSBroker.shared()
            let proxy = try Proxy(to: "127.0.0.1", port: broker.port)
            proxy.refuse()
            let error = await refusal(of: try broker.endpoint(broker.certificates.settings("client"), port: proxy.port))
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("the handshake failed") == true, "\(error?.message ?? "")")
            proxy.stop()
        }

        @Test func `a handshake that stalls ends within the time of a call`() async throws {
            let broker = try TLSBroker.shared()
            let proxy = try Proxy(to: "127.0.0.1", port: broker.port)
            proxy.stall()
            let began = ContinuousClock.now
            let error = await refusal(of: try broker.endpoint(broker.certificates.settings("client"), port: proxy.port))
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("did not come within 5.0 s") == true, "\(error?.message ?? "")")
            #expect(began.duration(to: .now) < .seconds(15))
            proxy.stop()
        }
    }
}

/// Short for the suites within.
private func refusal(of endpoint: Endpoint) async -> AMQPError? { await TLSTests.refusal(of: endpoint) }
