import Foundation
import Testing
import Yams

/// `compose/docker-compose.yml` as a current Docker needs it: nobody can run it in every test, so its rules are checked.
@Suite struct ComposeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private let text: String
    private let services: [String: [String: Any]]

    init() throws {
        text = try Self.text("compose/docker-compose.yml")
        let file = try #require(try Yams.load(yaml: text) as? [String: Any])
        services = try #require(file["services"] as? [String: [String: Any]])
    }

    private static func text(_ path: String) throws -> String { try String(contentsOf: root.appending(path: path), encoding: .utf8) }

    /// The keys and values of a file of settings.
    private static func settings(_ path: String) throws -> [String: String] {
        let pairs = try text(path).matches(of: /(?m)^([\w.]+) *= *(.+)$/).map { (String($0.1), String($0.2)) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// The nodes of the broker.
    private var nodes: [String: [String: Any]] { services.filter { ($0.value["image"] as? String)?.hasPrefix("rabbitmq:") == true } }

    /// The services that run the grid's own image.
    private var own: [String: [String: Any]] { services.filter { $0.value["image"] as? String == "taskgrid" } }

    private func dependencies(_ service: [String: Any]) -> [String: [String: Any]] {
        service["depends_on"] as? [String: [String: Any]] ?? [:]
    }

    @Test func `one service builds the image, the others only name it, and none pulls it`() throws {
        #expect(own.count == 10)
        #expect(own.filter { $0.value["build"] != nil }.map(\.key) == ["users"])
        #expect(own.allSatisfy { $0.value["pull_policy"] as? String == "never" })
        let build = try #require(own["users"]?["build"] as? [String: Any])
        let dockerfile = try #require(build["dockerfile"] as? String)
        #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: dockerfile).path))
    }

    @Test func `every service of the image starts after the one that builds it and makes its user, so that it starts on a fresh machine`() {
        for (name, service) in own where name != "users" {
            #expect(dependencies(service)["users"]?["condition"] as? String == "service_completed_successfully", "\(name)")
        }
        #expect(own["users"]?["restart"] as? String == "no")
    }

    @Test func `every service of the image waits for a healthy broker, and for all nodes of a cluster`() {
        for (name, service) in own {
            for node in nodes.keys {
                let dependency = dependencies(service)[node]
                #expect(dependency?["condition"] as? String == "service_healthy", "\(name)")
                #expect(dependency?["required"] as? Bool == (node == "rabbitmq" ? nil : false), "\(name)")
            }
        }
    }

    @Test func `every image from a registry has an exact version and takes a digest, and RabbitMQ is of series 4`() throws {
        for (name, service) in services where own[name] == nil {
            let image = try #require(service["image"] as? String)
            #expect(image.contains(/:v?[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z]+)?\$\{[A-Z]+_DIGEST:-\}$/), "\(image)")
        }
        #expect(nodes.values.allSatisfy { ($0["image"] as? String)?.hasPrefix("rabbitmq:4.") == true })
    }

    @Test func `no secret has a default, and one command makes all of them, once`() throws {
        let used = text.matches(of: /\$\{(\w+(?:PASSWORD|TOKEN))(:?.)/)
        #expect(used.allSatisfy { $0.2 == ":?" })
        let file = FileManager.default.temporaryDirectory.appending(path: "secrets-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        func made() throws -> String {
            let script = Process()
            script.executableURL = Self.root.appending(path: "compose/secrets.sh")
            script.arguments = [file]
            try script.run()
            script.waitUntilExit()
            #expect(script.terminationStatus == 0)
            return try String(contentsOfFile: file, encoding: .utf8)
        }
        let first = try made()
        #expect(Set(first.matches(of: /(?m)^(\w+)=[0-9a-f]{40}$/).map { $0.1 }) == Set(used.map { $0.1 }))
        #expect(try made() == first)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `a service that can be scaled has neither a name nor a port of its own on the machine`() {
        for (name, service) in own where service["deploy"] != nil {
            #expect(service["container_name"] == nil && service["ports"] == nil && service["hostname"] == nil, "\(name)")
        }
    }

    @Test func `ports are published on this machine alone`() {
        for (name, service) in services {
            for port in service["ports"] as? [String] ?? [] { #expect(port.hasPrefix("127.0.0.1:"), "\(name)") }
        }
    }

    @Test func `one file of variables starts the cluster, and the compose file reads all of it`() throws {
        let variables = try Self.settings("compose/cluster.env")
        for name in variables.keys where name != "COMPOSE_PROFILES" { #expect(text.contains("${\(name):-"), "\(name)") }
        #expect(variables["RABBITMQ_HOSTS"]?.split(separator: ",").map(String.init) == nodes.keys.sorted())
        #expect(variables["QUEUE_KIND"] == "quorum")
        #expect(text.contains("replicas: ${DISPATCHERS:-1}") && variables["DISPATCHERS"] == "2")
        let profile = try #require(variables["COMPOSE_PROFILES"])
        #expect(nodes.filter { $0.value["profiles"] as? [String] == [profile] }.count == 2)
    }

    @Test func `the nodes of the cluster find each other by the names that they have`() throws {
        let variables = try Self.settings("compose/cluster.env")
        let settings = try Self.settings("config/\(try #require(variables["RABBITMQ_SETTINGS"]))")
        #expect(nodes.count == 3)
        for (number, name) in nodes.keys.sorted().enumerated() {
            #expect(nodes[name]?["hostname"] as? String == name)
            #expect(settings["cluster_formation.classic_config.nodes.\(number + 1)"] == "rabbit@\(name)")
        }
        #expect(settings["cluster_partition_handling"] == "pause_minority")
    }

    @Test func `the cluster keeps its tasks in two databases, and one node keeps them in a file`() throws {
        let databases = services.filter { ($0.value["image"] as? String)?.hasPrefix("postgres:") == true }
        let variables = try Self.settings("compose/cluster.env")
        #expect(databases.keys.sorted() == ["database-1", "database-2"])
        let store = try #require(variables["STORE"])
        #expect(store.hasPrefix("postgresql://grid@\(databases.keys.sorted().joined(separator: ","))/grid?"))
        #expect(store.hasSuffix("target_session_attrs=read-write"))
        #expect(text.contains("TASKGRID_DISPATCHER_STORE: ${STORE:-/var/lib/taskgrid/store.sqlite}"))
        for (name, service) in databases {
            #expect(service["hostname"] as? String == name && service["profiles"] as? [String] == ["cluster"])
            let environment = try #require(service["environment"] as? [String: Any])
            #expect(databases.keys.contains(try #require(environment["OTHER"] as? String)) && environment["OTHER"] as? String != name)
            #expect(service["ports"] == nil, "its clients are containers")
            // Neither is a copy of the other's volume, nor does a failover wait for the one that was lost.
            let volumes = try #require(service["volumes"] as? [String])
            #expect(volumes.contains("\(name):/var/lib/postgresql/data"))
            let dependency = dependencies(try #require(own["dispatcher"]))[name]
            #expect(dependency?["condition"] as? String == "service_started" && dependency?["required"] as? Bool == false)
        }
        let primaries = databases.filter { ($0.value["volumes"] as? [String])?.contains { $0.contains("initdb.d") } == true }
        #expect(primaries.keys.sorted() == ["database-1"])
    }

    @Test func `a commit of the cluster waits for the other database, which bears the name that is waited for`() throws {
        let settings = try Self.settings("config/postgresql-cluster.conf")
        #expect(settings["synchronous_commit"] == "on")
        #expect(settings["synchronous_standby_names"] == "'ANY 1 (database_1, database_2)'")
        #expect(settings["fsync"] == nil && settings["full_page_writes"] == nil)
        let script = try Self.text("compose/database.sh")
        #expect(script.contains("application_name=${name//-/_}"))
        let connections = try #require(settings["max_connections"].flatMap(Int.init))
        #expect(connections >= 20)
    }

    @Test(arguments: ["compose/database.sh", "compose/database-init.sh", "compose/users.sh", "compose/secrets.sh"])
    func `a script is one that bash reads, and shows no password in its arguments`(path: String) throws {
        let script = Process()
        script.executableURL = URL(filePath: "/bin/bash")
        script.arguments = ["-n", Self.root.appending(path: path).path]
        try script.run()
        script.waitUntilExit()
        #expect(script.terminationStatus == 0)
        #expect(!(try Self.text(path)).contains(/psql[^\n]*PASSWORD/))
    }

    @Test func `a node of the cluster has the settings of the one node, apart from its share of the memory`() throws {
        let one = try Self.settings("config/rabbitmq.conf")
        let cluster = try Self.settings("config/rabbitmq-cluster.conf")
        for (key, value) in one where !key.hasPrefix("vm_memory") { #expect(cluster[key] == value, "\(key)") }
        let share = try #require(cluster["vm_memory_high_watermark.relative"].flatMap(Double.init))
        #expect(3 * share <= 0.4)
    }
}
