import AMQP
import ArgumentParser
import Foundation
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("The way to the management interface")
struct ManagementInterfaceTests {
    private let endpoint = Endpoint(host: "node1", user: "grid", password: "secret")

    @Test func `without a URL it is beside the broker, with its user`() throws {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path)
        let found = try ManagementInterface.find(nil, folder: folder, endpoint: endpoint)
        #expect(found == [ManagementInterface(beside: endpoint)])
        #expect(found.first?.address == "http://grid@node1:15672" && found.first?.password == "secret")
        var cluster = endpoint
        cluster.addresses.append(.init(host: "node2", port: 5673))
        let both = try ManagementInterface.find(nil, folder: folder, endpoint: cluster).map(\.address)
        #expect(both == ["http://grid@node1:15672", "http://grid@node2:15672"])
    }

    @Test func `the grid of this machine names the interface of each node`() throws {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path)
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let file = GridFile(
            amqp: "amqp://grid:secret@node1", monitor: nil, admin: "http://a:1", otherAdmins: ["http://a:2", "http://a:3"], pid: getpid(),
            topology: nil)
        try JSONEncoder().encode(file).write(to: URL(fileURLWithPath: folder.gridFile))
        let found = try ManagementInterface.find(nil, folder: folder, endpoint: endpoint)
        #expect(found.map(\.port) == [1, 2, 3] && found.allSatisfy { $0.password == "secret" })
        #expect(try ManagementInterface.find("http://b", folder: folder, endpoint: endpoint).map(\.host) == ["b"])
        // Not silently those beside the broker.
        chmod(folder.gridFile, 0o666)
        let refusal = #expect(throws: Failure.self) { try ManagementInterface.find(nil, folder: folder, endpoint: endpoint) }
        #expect(refusal?.message?.contains("other users may write to \(folder.gridFile)") == true)
    }

    @Test func `a URL says the host, the port, a path before the interface's own, and another user`() throws {
        let full = try ManagementInterface(url: "http://admin:p%40ss@other:8080/rabbit/", endpoint: endpoint)
        #expect(full.address == "http://admin@other:8080/rabbit" && full.password == "p@ss")
        let short = try ManagementInterface(url: "http://[::1]", endpoint: endpoint)
        #expect(short.address == "http://grid@[::1]:15672" && short.host == "::1" && short.password == "secret")
    }

    @Test func `a URL of https, and a broker over TLS, mean HTTPS with the broker's CAs`() throws {
        var endpoint = endpoint
        #expect(try ManagementInterface(url: "https://host", endpoint: endpoint).tls == TLSSettings())
        endpoint.tls = TLSSettings(ca: "/ca.pem")
        let named = try ManagementInterface(url: "https://host", endpoint: endpoint)
        #expect(named.address == "https://grid@host:15671" && named.tls?.ca == "/ca.pem")
        let beside = ManagementInterface(beside: endpoint)
        #expect(beside.address == "https://grid@node1:15671" && beside.tls?.ca == "/ca.pem")
    }

    @Test func `HTTPS beside a broker without TLS has the CAs of the settings`() async throws {
        let folder = GridFolder(FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path)
        let found = try ManagementInterface.find("https://host", folder: folder, endpoint: endpoint, ca: "/ca.pem")
        #expect(found.map(\.tls) == [TLSSettings(ca: "/ca.pem")])
        #expect(try ManagementInterface.find("http://host", folder: folder, endpoint: endpoint, ca: "/ca.pem").map(\.tls) == [nil])
        let arguments = ["--data", folder.path, "--admin", "https://host", "--broker-ca", "/ca.pem", "--import"]
        let command = try #require(try TaskGrid.parseAsRoot(["users", "secrets"] + arguments) as? UsersCommand)
        let interfaces = try command.interfaces(try await command.grid.configuration([command.admin]))
        #expect(interfaces.map { $0.tls?.ca } == ["/ca.pem"])
    }

    @Test func `an error of TLS names the setting of the CA, and no place in the source of the library`() throws {
        func reason(_ name: String) -> String {
            HTTPRequest(method: "GET", host: "h", port: 1, target: "/", user: "u", password: "p", tls: TLSSettings()).tlsReason(
                "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:\(name) at "
                    + "/build/handshake.cc:297]))")
        }
        let verification = reason("CERTIFICATE_VERIFY_FAILED")
        #expect(verification.contains("signed by no CA") && verification.contains("--broker-ca") && !verification.contains("/build"))
        #expect(reason("WRONG_VERSION_NUMBER").contains("http://"))
        #expect(reason("NO_SHARED_CIPHER").hasSuffix(":NO_SHARED_CIPHER]))") && !reason("NO_SHARED_CIPHER").contains("/build"))
    }

    @Test func `the certificate beside the broker has the name that is set for the broker, and that of another host its own`() throws {
        var endpoint = endpoint
        endpoint.tls = TLSSettings(serverName: "broker.example")
        func name(_ interface: ManagementInterface) -> String? {
            HTTPRequest(
                method: "GET", host: interface.host, port: interface.port, target: "/", user: "u", password: "p", tls: interface.tls
            ).certificateName
        }
        #expect(name(ManagementInterface(beside: endpoint)) == "broker.example")
        #expect(try name(ManagementInterface(url: "https://node1", endpoint: endpoint)) == "broker.example")
        #expect(try name(ManagementInterface(url: "https://other", endpoint: endpoint)) == "other")
        #expect(try name(ManagementInterface(url: "https://127.0.0.1", endpoint: endpoint)) == nil)
    }

    @Test(arguments: ["ftp://admin:secret@host", "admin:secret@host", "http://", "http://u:secret@host:70000"])
    func `another URL is refused without its password`(url: String) {
        let failure = #expect(throws: Failure.self) { try ManagementInterface(url: url, endpoint: endpoint) }
        #expect(failure?.message?.contains("secret") == false)
    }

    @Test func `a name of any characters is one part of a path`() {
        #expect(ManagementInterface.encoded("/") == "%2F")
        #expect(ManagementInterface.encoded("^a b+é&") == "%5Ea%20b%2B%C3%A9%26")
    }

    @Test func `an answer is its status and its body`() throws {
        let answer = try HTTPRequest.parse(Data("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nx: y\r\n\r\n[{}]".utf8))
        #expect(answer == HTTPRequest.Answer(status: 200, body: Data("[{}]".utf8)))
        #expect(try HTTPRequest.parse(Data("HTTP/1.0 404 Not Found\r\n\r\n".utf8)) == HTTPRequest.Answer(status: 404, body: Data()))
    }

    @Test(arguments: ["", "AMQP\0\0\u{9}\u{1}", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n[]", "\r\n\r\n"])
    func `an answer that is cut off, or none of HTTP, is a failure`(text: String) {
        #expect(throws: HTTPRequest.Failure.self) { try HTTPRequest.parse(Data(text.utf8)) }
    }

    @Test func `what RabbitMQ lists is read, whatever a version leaves out`() throws {
        let text = """
            {"filtered_count":2,"item_count":2,"page":1,"page_count":1,"page_size":500,"total_count":20,"items":[
            {"name":"t.submit","type":"quorum","arguments":{"x-queue-type":"quorum","x-delivery-limit":2147483647,"x-odd":[1]},
            "leader":"a","members":["a"],"online":["a"],"exclusive":false,"state":"running"},
            {"name":"t.down","arguments":[]}]}
            """
        let page = try JSONDecoder().decode(QueuePage.self, from: Data(text.utf8))
        #expect(page.total == 20 && page.pages == 1)
        #expect(page.items[0].members == ["a"] && page.items[0].isExclusive == false)
        #expect(
            page.items[0].arguments == QueueSettings(["x-queue-type": "quorum", "x-delivery-limit": 2_147_483_647, "x-odd": .void]))
        #expect(page.items[1] == ListedQueue(name: "t.down", arguments: QueueSettings([:])))
        let policy = """
            {"vhost":"/","name":"p","pattern":"[.]submit$","apply-to":"queues","definition":{"max-length":5,"overflow":"drop-head"},
            "priority":-1}
            """
        #expect(
            try JSONDecoder().decode(ListedPolicy.self, from: Data(policy.utf8))
                == .sample("p", "[.]submit$", ["max-length": 5, "overflow": "drop-head"], priority: -1))
        let node = try JSONDecoder().decode(ListedNode.self, from: Data(#"{"name":"a","running":false}"#.utf8))
        #expect(node == ListedNode(name: "a", running: false))
    }

    @Test(arguments: [("4.0.5", 4, 0), ("3.10.8", 3, 10), ("4.1.0-rc.1", 4, 1)])
    func `a version is its first two numbers`(text: String, major: Int, minor: Int) {
        #expect(BrokerVersion(text) == BrokerVersion(major: major, minor: minor))
    }
}
