import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TestSupport
import Testing

@testable import WebSupport

@Suite("By which names a web server is asked") struct HostsTests {
    private let hosts = Hosts(AllowedHosts(["monitor", "Grid.Example.org"], key: "monitor.hosts"))

    @Test(arguments: [
        "127.0.0.1", "127.0.0.1:8080", "192.168.1.7:80", "[::1]", "[::1]:8080", "[fe80::1]", "localhost", "LOCALHOST:8080",
        "localhost.",
        "monitor", "monitor:8080", "Monitor:", "grid.example.org:443", "grid.example.org.",
    ])
    func `addresses, localhost and configured names are ours, with any port and in any case`(host: String) { #expect(hosts.isOurs(host)) }

    @Test(arguments: [
        "", ":8080", ".", "evil.example", "evil.example:8080", "localhost.evil.example", "evil.localhost", "monitor.evil.example",
        "127.0.0.1.evil.example", "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "[::1", "[::1]evil", "[127.0.0.1]", "::1",
        "localhost:80a", "localhost:80:80", "user@localhost", "localhost/", "localhost, evil.example", "[fe80::1%25eth0]",
        "example.org",
    ])
    func `nothing else is`(host: String) { #expect(!hosts.isOurs(host)) }

    /// Asks a server for a path that it has, and one that it has not.
    private func ask(_ host: String?, allowed: AllowedHosts?, headers: HTTPFields = [:]) async throws -> [TestClient.Response] {
        let route = Route(.get, "/x", id: "x", summary: "", access: .open, content: .text([])) { _ in Response(status: .ok) }
        let router = WebServer.router([route], hosts: allowed, of: "it")
        return try await Application(router: router, logger: .silent).test(.live) { client in
            let port = try #require(client.port)
            return try await TestClient.withClient(host: "127.0.0.1", port: port) { client in
                [
                    try await client.execute(.init("/x", method: .get, authority: host, headers: headers)),
                    try await client.execute(.init("/y", method: .get, authority: host, headers: headers)),
                ]
            }
        }
    }

    @Test func `a request for another host is refused whatever it asks, and told which key to set`() async throws {
        for response in try await ask("evil.example:8080", allowed: AllowedHosts([], key: "monitor.hosts")) {
            #expect(response.status == .misdirectedRequest)
            #expect(response.headers[.contentType] == "application/problem+json")
            #expect(response.headers[.contentSecurityPolicy] != nil)
            let text = String(buffer: try #require(response.body))
            #expect(text.contains("evil.example") && text.contains("monitor.hosts"))
        }
    }

    @Test func `one for an address, a configured name, or without a host is answered; and any where no names are given`() async throws {
        let allowed = AllowedHosts(["monitor"], key: "monitor.hosts")
        for host in ["127.0.0.1:1", "monitor:8080", nil] {
            #expect(try await ask(host, allowed: allowed).map(\.status) == [.ok, .notFound], "\(host ?? "none")")
        }
        #expect(try await ask("evil.example", allowed: nil).map(\.status) == [.ok, .notFound])
    }

    @Test func `a second host does not pass behind a good one`() async throws {
        let host = try #require(HTTPField.Name("host"))
        let responses = try await ask("localhost", allowed: AllowedHosts([], key: "k"), headers: [host: "evil.example"])
        #expect(responses.map(\.status) == [.misdirectedRequest, .misdirectedRequest])
    }
}
