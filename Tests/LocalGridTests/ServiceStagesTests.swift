import AMQP
import Foundation
import ServiceSupport
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import LocalGrid

@Suite struct ServiceStagesTests {
    private let secret = "amqp://taskgrid:secret@127.0.0.1:5672"

    private func stages(_ workers: String, prefix: String = "taskgrid") throws -> [[ChildProcess]] {
        var counts = WorkerCounts()
        try counts.apply(workers, known: ["reverse", "hash", "wait"].map { try TaskType($0) })
        var services = GridConfiguration.Services(
            executable: "/bin/taskgrid", workers: counts, topology: Topology(prefix: prefix, queueKind: .quorum))
        services.arguments[.worker] = ["--more"]
        services.environment = ["TASKGRID_LOG_LEVEL": "debug"]
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        return try configuration.serviceStages(ports: Ports(.free, for: configuration.serviceUses), amqp: secret)
    }

    private func variables(_ child: ChildProcess) -> [String: String] {
        if case .exactly(let variables) = child.environment { variables } else { [:] }
    }

    @Test func `each service reaches the broker by its own route`() throws {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts([TaskType(literal: "hash"): 2]))
        services.route = { process, broker in "\(broker)/\(process)" }
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        let stages = try configuration.serviceStages(ports: Ports(.free, for: configuration.serviceUses), amqp: secret)
        for child in stages.flatMap({ $0 }) { #expect(variables(child)["TASKGRID_BROKER"] == "\(secret)/\(child.name)") }
    }

    @Test func `each service logs in as its own user to a private broker, and those that need it get their rights`() throws {
        let workers = WorkerCounts([TaskType(literal: "hash"): 2, TaskType(literal: "a_b"): 1, TaskType(literal: "a-b"): 1])
        let services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: workers)
        let names = ["taskgrid-dispatcher", "taskgrid-nameservice", "taskgrid-monitor", "worker-a-b", "worker-hash"]
        #expect(services.users.map(\.name) == names && names.allSatisfy(GridUser.isValid))
        #expect(services.users[3].role == .worker(["a-b", "a_b"].map { TaskType(literal: $0) }))
        var open = services
        open.clients = [GridUser(name: "alice", role: .client([TaskType(literal: "hash")]))]
        #expect(open.users == services.users + open.clients)
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        let urls = Dictionary(uniqueKeysWithValues: names.map { ($0, "amqp://\($0)@h") })
        let ports = try Ports(.free, for: configuration.serviceUses)
        for child in try configuration.serviceStages(ports: ports, amqp: secret, userURLs: urls).flatMap({ $0 }) {
            let part = child.name.hasPrefix("worker") ? child.arguments[1].replacingOccurrences(of: "_", with: "-") : child.name
            let user = child.name.hasPrefix("worker") ? "worker-\(part)" : "taskgrid-\(part)"
            #expect(variables(child)["TASKGRID_BROKER"] == urls[user])
            #expect(variables(child)["TASKGRID_BROKER_PASSWORD_FILE"] == "/data/broker/users/\(user)")
            #expect(child.arguments.contains("/data/broker/rights.json") == ["dispatcher", "nameservice"].contains(child.name))
        }
    }

    @Test func `no service gets the administrator's login where its own user is missing`() throws {
        let services = GridConfiguration.Services(
            executable: "/bin/taskgrid", workers: WorkerCounts([TaskType(literal: "hash"): 1]))
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        let ports = try Ports(.free, for: configuration.serviceUses)
        for missing in services.users.map(\.name) {
            let others = services.users.map(\.name).filter { $0 != missing }
            let urls = Dictionary(uniqueKeysWithValues: others.map { ($0, "amqp://\($0)@h") })
            let error = #expect(throws: LocalGridError.self) {
                try configuration.serviceStages(ports: ports, amqp: secret, userURLs: urls)
            }
            #expect(error?.message.contains("'\(missing)'") == true)
        }
    }

    @Test func `the store that others are told is the dispatcher's`() {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts())
        services.storePasswordFile = "/password"
        var configuration = GridConfiguration(folder: GridFolder("/data"), services: services)
        #expect(configuration.namedStore?.text == "/data/store.sqlite" && configuration.namedStore?.passwordFile == nil)
        configuration.services?.store = "postgresql://h"
        #expect(configuration.namedStore?.text == "postgresql://h" && configuration.namedStore?.passwordFile == "/password")
        configuration.services = nil
        #expect(configuration.namedStore == nil)
    }

    @Test func `workers start last, so that they stop first`() throws {
        let names = try stages("hash=2,reverse=1,wait=0").map { $0.map(\.name) }
        #expect(names == [["monitor"], ["nameservice"], ["dispatcher"], ["worker-hash-1", "worker-hash-2", "worker-reverse"]])
    }

    @Test func `each service is a command of the executable`() throws {
        let children = try stages("hash=1").flatMap { $0 }
        #expect(children.allSatisfy { $0.executable == "/bin/taskgrid" })
        #expect(children.map { $0.arguments.first } == ["monitor", "nameservice", "dispatcher", "worker"])
        #expect(children[2].arguments == ["dispatcher"])
        // The only dispatcher of a grid is well while it stands by for one that somebody has added.
        let mayStandBy = children.map { if case .fileOrStandby = $0.readiness { true } else { false } }
        #expect(mayStandBy == [false, false, true, false])
        #expect(children.map { variables($0)["TASKGRID_DISPATCHER_STORE"] } == [nil, nil, "/data/store.sqlite", nil])
        #expect(children[3].arguments == ["worker", "hash", "--more"])
    }

    @Test func `the broker's password is in no argument`() throws {
        for child in try stages("hash=1", prefix: "other").flatMap({ $0 }) {
            #expect(!child.arguments.joined(separator: " ").contains("secret"))
            let variables = variables(child)
            #expect(variables["TASKGRID_BROKER"] == secret && variables["TASKGRID_BROKER_PASSWORD_FILE"] == nil)
            #expect(variables["TASKGRID_PREFIX"] == "other")
            #expect(variables["TASKGRID_QUEUE_KIND"] == "quorum")
            #expect(variables["TASKGRID_LOG_LEVEL"] == "debug")
            #expect(variables["TASKGRID_READY_FILE"] == "/data/ready/\(child.name)")
            #expect(child.log == "/data/logs/\(child.name).log")
        }
    }

    @Test func `each service speaks TLS as the grid does, or none`() throws {
        let services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts())
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        let ports = try Ports(.free, for: configuration.serviceUses)
        let tls = TLSSettings(ca: "/ca.pem", serverName: "broker")
        for child in try configuration.serviceStages(ports: ports, amqp: "amqps://b", tls: tls).flatMap({ $0 }) {
            let variables = variables(child)
            #expect(variables["TASKGRID_BROKER_CA"] == "/ca.pem" && variables["TASKGRID_BROKER_SERVER_NAME"] == "broker")
            #expect(variables["TASKGRID_BROKER_KEY"] == "")
        }
        // Not those of another broker, which this process's own environment may have.
        for child in try configuration.serviceStages(ports: ports, amqp: secret).flatMap({ $0 }) {
            #expect(variables(child)["TASKGRID_BROKER_CA"] == "")
        }
    }

    @Test func `each service speaks HTTPS with the grid's certificate, or with the one that the settings name`() throws {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts([TaskType(literal: "hash"): 1]))
        var configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        func certificates() throws -> Set<[String?]> {
            let ports = try Ports(.free, for: configuration.serviceUses)
            let children = try configuration.serviceStages(ports: ports, amqp: secret, certificate: configuration.certificate).flatMap {
                $0
            }
            return Set(children.map(variables).map { [$0["TASKGRID_HTTPS_CERTIFICATE"], $0["TASKGRID_HTTPS_KEY"]] })
        }
        #expect(try certificates() == [[nil, nil]])
        configuration.usesTLS = true
        #expect(try certificates() == [["/data/tls/server.pem", "/data/tls/server.key"]])
        services.certificate = CertificateFiles(certificate: "/own.pem", key: "/own.key")
        configuration.services = services
        #expect(try certificates() == [["/own.pem", "/own.key"]])
    }

    @Test func `the monitor alone keeps history in the folder`() throws {
        let files = try stages("hash=1").flatMap { $0 }.map { variables($0)["TASKGRID_MONITOR_HISTORY"] }
        #expect(files == ["/data/history.sqlite", nil, nil, nil])
    }

    @Test func `files and ports that the settings name come before those of the folder`() throws {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts())
        (services.store, services.history) = ("/s", "/h")
        services.monitorPort = try LoopbackPort.free(besides: [])
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .standard, services: services)
        let uses = configuration.serviceUses.filter { $0 == .monitor }
        let ports = try Ports(.standard, for: uses, fixed: configuration.fixedPorts)
        #expect(ports[.monitor] == services.monitorPort)
        let children = try configuration.serviceStages(ports: ports, amqp: secret).flatMap { $0 }
        #expect(variables(children[0])["TASKGRID_MONITOR_HISTORY"] == "/h")
        #expect(variables(children[2])["TASKGRID_DISPATCHER_STORE"] == "/s")
    }

    @Test func `a private database comes before the store of the settings, and nothing about another one does`() throws {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts())
        services.store = "/s"
        services.environment = ["PGPASSWORD": "secret", "TASKGRID_DISPATCHER_STORE_PASSWORD_FILE": "/p"]
        var configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        #expect(!configuration.serviceUses.contains(.database))
        configuration.usesDatabase = true
        let ports = try Ports(.free, for: configuration.serviceUses)
        #expect(ports[.database] != nil)
        let url = "postgresql://taskgrid@127.0.0.1:1/postgres"
        let children = try configuration.serviceStages(ports: ports, amqp: secret, store: (url, "/own")).flatMap { $0 }
        #expect(children.map { variables($0)["TASKGRID_DISPATCHER_STORE"] } == [nil, nil, url])
        #expect(children.allSatisfy { variables($0)["PGPASSWORD"] == nil })
        // The dispatcher's is not left out: it would take that of the file of settings.
        #expect(children.map { variables($0)["TASKGRID_DISPATCHER_STORE_PASSWORD_FILE"] } == [nil, nil, "/own"])
    }

    @Test func `of several dispatchers the first is waited for, and each takes a port`() throws {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts([TaskType(literal: "hash"): 1]))
        services.dispatchers = 3
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        let stages = try configuration.serviceStages(ports: Ports(.free, for: configuration.serviceUses), amqp: secret)
        #expect(
            stages.map { $0.map(\.name) } == [
                ["monitor"], ["nameservice"], ["dispatcher"], ["dispatcher-2", "dispatcher-3"], ["worker-hash"],
            ])
        for (index, child) in stages[2...3].flatMap({ $0 }).enumerated() {
            #expect(child.arguments == ["dispatcher"] && variables(child)["TASKGRID_DISPATCHER_STORE"] == "/data/store.sqlite")
            #expect((variables(child)["TASKGRID_HEALTH_PORT"] == "0") == (index > 0))
            // What stands by is not ready, and is not ended for it.
            let isWaitedFor = if case .file = child.readiness { true } else { false }
            #expect(isWaitedFor == (index == 0) && child.readyWithin > .seconds(3600))
        }
    }

    @Test func `every service has a port of its own`() throws {
        let children = try stages("hash=3").flatMap { $0 }
        let ports = children.map { variables($0)["TASKGRID_HEALTH_PORT"] ?? $0.arguments.last }
        #expect(Set(ports).count == children.count)
        #expect(children[0].arguments.dropLast() == ["monitor", "--port"])
    }

    @Test func `a secret of the monitor reaches the monitor alone`() throws {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts([TaskType(literal: "hash"): 1]))
        services.secrets[.monitor] = ["TASKGRID_MONITOR_TOKEN_FILE": "/data/token"]
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        let children = try configuration.serviceStages(ports: Ports(.free, for: configuration.serviceUses), amqp: secret).flatMap { $0 }
        #expect(children.map { variables($0)["TASKGRID_MONITOR_TOKEN_FILE"] } == ["/data/token", nil, nil, nil])
    }
}

@Suite("The variables that a grid passes on") struct PassedEnvironmentTests {
    private let environment = [
        "PATH": "/bin", "HOME": "/home/me", "LANG": "C", "LC_ALL": "C", "TZ": "UTC", "TMPDIR": "/tmp", "AWS_SECRET_ACCESS_KEY": "secret",
        "SSH_AUTH_SOCK": "/ssh", "LD_PRELOAD": "/evil.so", "TASKGRID_BROKER": "amqp://u:secret@h", "TASKGRID_BROKER_PASSWORD_FILE": "/p",
        "TASKGRID_MONITOR_TOKEN": "secret", "TASKGRID_DISPATCHER_WINDOW": "1s", "TASKGRID_WORKER_PREFETCH": "3",
        "TASKGRID_LOG_LEVEL": "debug", "TASKGRID_CONFIG": "/c", "TASKGRID_BROKER_CA": "/ca", "SSL_CERT_FILE": "/cas",
        "TASKGRID_ADMIN": "http://admin:secret@h", "TASKGRID_DISPATCHER_RIGHTS": "/r",
        "PGPASSFILE": "/pg",
    ]

    private func names(_ role: GridConfiguration.Role) -> Set<String> {
        Set(PassedEnvironment.variables(for: role, of: environment).keys)
    }

    private let all: Set = [
        "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TASKGRID_LOG_LEVEL", "TASKGRID_CONFIG", "TASKGRID_BROKER_CA", "SSL_CERT_FILE",
    ]

    @Test func `services get what a program needs, and the settings of their own kind`() {
        #expect(names(.monitor) == all.union(["TASKGRID_MONITOR_TOKEN"]))
        #expect(names(.dispatcher) == all.union(["TASKGRID_DISPATCHER_WINDOW", "TASKGRID_DISPATCHER_RIGHTS", "PGPASSFILE"]))
        #expect(names(.worker) == all.union(["TASKGRID_WORKER_PREFETCH"]))
        #expect(names(.nameservice) == all.union(["TASKGRID_DISPATCHER_RIGHTS"]))
    }
}
