import ServiceSupport
import TaskGridConfiguration
import TestSupport
import Testing

@testable import TaskGrid

@Suite struct GridAddressTests {
    @Test func `the environment names the broker, the grid and how a worker works`() async throws {
        let variables = [
            "TASKGRID_BROKER": "amqp://me:secret@broker", "TASKGRID_PREFIX": "blue", "TASKGRID_QUEUE_KIND": "quorum",
            "TASKGRID_WORKER_CONCURRENCY": "3",
        ]
        let found = try await GridAddress.environment(variables, file: nil).found(worker: WorkerOptions(prefetch: 7))
        #expect(found.location.endpoint == Endpoint(host: "broker", user: "me", password: "secret"))
        #expect(found.location.topology == Topology(prefix: "blue", queueKind: .quorum))
        #expect(found.settings.worker == WorkerOptions(concurrency: 3, prefetch: 7))
    }

    @Test func `a worker's program speaks TLS as its arguments and the environment say`() async throws {
        let arguments = try WorkerArguments(["--broker-ca", "/ca.pem", "--broker-server-name=broker"])
        let address = GridAddress.environment(
            ["TASKGRID_BROKER": "amqps://me:secret@a", "TASKGRID_BROKER_CERTIFICATE": "/me.pem"], file: nil)
        let found = try await address.found(arguments: arguments.values)
        let tls = TLSSettings(ca: "/ca.pem", certificate: "/me.pem", serverName: "broker")
        #expect(found.location.endpoint.tls == tls)
        #expect(try await GridAddress.broker("amqps://me:secret@a", tls: tls).found().location.endpoint == found.location.endpoint)
    }

    @Test func `a broker that is named twice is refused`() {
        let error = #expect(throws: SettingError.self) { try WorkerArguments(["--broker=amqp://a", "--broker", "amqp://b"]) }
        #expect(error?.message.contains("--broker is given twice") == true)
    }

    @Test func `arguments come before the environment`() async throws {
        let arguments = try WorkerArguments(["--broker=amqp://a", "--concurrency", "5", "--ready-file", "/run/ready"])
        let address = GridAddress.environment(["TASKGRID_BROKER": "amqp://b", "TASKGRID_WORKER_CONCURRENCY": "3"], file: nil)
        let found = try await address.found(arguments: arguments.values)
        #expect(found.location.endpoint.addresses == [.init(host: "a")])
        #expect(found.settings.worker.concurrency == 5)
        #expect(found.settings.readyFile == "/run/ready")
    }

    @Test func `a health port is that of loopback unless the settings name a host`() async throws {
        let address = GridAddress.environment(["TASKGRID_BROKER": "amqp://a", "TASKGRID_HEALTH_PORT": "8081"], file: nil)
        let loopback = try await address.found().settings
        #expect(loopback.healthHost == "127.0.0.1" && loopback.healthPort == 8081)
        let other = try await address.found(arguments: WorkerArguments(["--health-host", "0.0.0.0", "--health-port=8082"]).values).settings
        #expect(other.healthHost == "0.0.0.0" && other.healthPort == 8082)
    }

    @Test(arguments: [nil: false, "0": false, "8081": true])
    func `a worker has a health endpoint only if the settings name a port`(port: String?, isThere: Bool) async throws {
        var variables = ["TASKGRID_BROKER": "amqp://a", "TASKGRID_HEALTH_HOST": "0.0.0.0"]
        variables["TASKGRID_HEALTH_PORT"] = port
        let found = try await GridAddress.environment(variables, file: nil).found()
        let worker = WorkerHost(endpoint: found.location.endpoint, workers: [], logger: .silent)
        #expect(try (found.settings.healthEndpoint(of: worker, vitals: Vitals(), logger: .silent) != nil) == isThere)
    }

    @Test func `without a broker or a grid the error says what to do`() async throws {
        let address = GridAddress.environment(["TASKGRID_DATA": "/nonexistent/grid"], file: nil)
        let error = await #expect(throws: SettingError.self) { try await address.found() }
        let message = "no grid runs in /nonexistent/grid; start one: taskgrid up --grid /nonexistent/grid (or name a broker with --broker)"
        #expect(error?.message == message)
    }

    @Test func `an address that is written in the program reads no environment`() async throws {
        let found = try await GridAddress.broker("amqp://a", topology: Topology(prefix: "green")).found(arguments: ["prefix": "blue"])
        #expect(found.location.topology.prefix == "green")
        #expect(throws: AMQPError.self) { try GridAddress.broker("http://a") }
    }

    @Test(arguments: [(["--concurency", "3"], "--concurency"), (["hash"], "'hash'"), (["--prefetch"], "--prefetch needs a value")])
    func `arguments that are none are refused by their names`(arguments: [String], words: String) {
        let error = #expect(throws: SettingError.self) { try WorkerArguments(arguments) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func `help lists every option with its variable`() throws {
        #expect(try WorkerArguments(["-h"]).asksHelp)
        for name in [
            "--broker <url>", "--concurrency <count>", "--liveness-file <file>", "--health-port <port>", "TASKGRID_WORKER_DRAIN_DEADLINE",
        ] {
            #expect(WorkerArguments.help.contains(name), "\(name)")
        }
    }
}
