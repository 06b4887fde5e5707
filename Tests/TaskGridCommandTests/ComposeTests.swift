import Foundation
import Testing
import Yams

/// `compose/docker-compose.yml` as a current Docker needs it: nobody can run it in every test, so its rules are checked.
@Suite struct ComposeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private let services: [String: [String: Any]]

    init() throws {
        let text = try String(contentsOf: Self.root.appending(path: "compose/docker-compose.yml"), encoding: .utf8)
        let file = try #require(try Yams.load(yaml: text) as? [String: Any])
        services = try #require(file["services"] as? [String: [String: Any]])
    }

    /// The services that run the grid's own image.
    private var own: [String: [String: Any]] { services.filter { $0.value["image"] as? String == "taskgrid" } }

    private func dependencies(_ service: [String: Any]) -> [String: [String: Any]] {
        service["depends_on"] as? [String: [String: Any]] ?? [:]
    }

    @Test func `one service builds the image, the others only name it, and none pulls it`() throws {
        #expect(own.count == 9)
        #expect(own.filter { $0.value["build"] != nil }.map(\.key) == ["dispatcher"])
        #expect(own.allSatisfy { $0.value["pull_policy"] as? String == "never" })
        let build = try #require(own["dispatcher"]?["build"] as? [String: Any])
        let dockerfile = try #require(build["dockerfile"] as? String)
        #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: dockerfile).path))
    }

    @Test func `every service of the image starts after the one that builds it, so that any of them starts on a fresh machine`() {
        for (name, service) in own where name != "dispatcher" { #expect(dependencies(service)["dispatcher"] != nil, "\(name)") }
    }

    @Test func `every service of the image waits for a healthy broker`() {
        for (name, service) in own { #expect(dependencies(service)["rabbitmq"]?["condition"] as? String == "service_healthy", "\(name)") }
    }

    @Test func `every image from a registry has an exact version, and RabbitMQ is of series 4`() throws {
        for (name, service) in services where own[name] == nil {
            let image = try #require(service["image"] as? String)
            #expect(image.contains(/:v?[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+)?$/), "\(image)")
        }
        #expect((services["rabbitmq"]?["image"] as? String)?.hasPrefix("rabbitmq:4.") == true)
    }

    @Test func `a service that can be scaled has neither a name nor a port of its own on the machine`() {
        for (name, service) in own where name.hasPrefix("worker-") {
            #expect(service["container_name"] == nil && service["ports"] == nil && service["hostname"] == nil, "\(name)")
        }
    }

    @Test func `ports are published on this machine alone`() {
        for (name, service) in services {
            for port in service["ports"] as? [String] ?? [] { #expect(port.hasPrefix("127.0.0.1:"), "\(name)") }
        }
    }
}
