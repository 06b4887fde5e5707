import AMQP
import Foundation
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
        if case .inherited(let variables) = child.environment { variables } else { [:] }
    }

    @Test func `each service reaches the broker by its own route`() throws {
        var services = GridConfiguration.Services(executable: "/bin/taskgrid", workers: WorkerCounts([TaskType(literal: "hash"): 2]))
        services.route = { process, broker in "\(broker)/\(process)" }
        let configuration = GridConfiguration(folder: GridFolder("/data"), ports: .free, services: services)
        let stages = try configuration.serviceStages(ports: Ports(.free, for: configuration.serviceUses), amqp: secret)
        for child in stages.flatMap({ $0 }) { #expect(variables(child)["TASKGRID_BROKER"] == "\(secret)/\(child.name)") }
    }

    @Test func `workers start last, so that they stop first`() throws {
        let names = try stages("hash=2,reverse=1,wait=0").map { $0.map(\.name) }
        #expect(names == [["monitor"], ["nameservice"], ["dispatcher"], ["worker-hash-1", "worker-hash-2", "worker-reverse"]])
    }

    @Test func `each service is a command of the executable`() throws {
        let children = try stages("hash=1").flatMap { $0 }
        #expect(children.allSatisfy { $0.executable == "/bin/taskgrid" })
        #expect(children.map { $0.arguments.first } == ["monitor", "nameservice", "dispatcher", "worker"])
        #expect(children[2].arguments == ["dispatcher", "--store", "/data/store.sqlite"])
        #expect(children[3].arguments == ["worker", "hash", "--more"])
    }

    @Test func `the broker's password is in no argument`() throws {
        for child in try stages("hash=1", prefix: "other").flatMap({ $0 }) {
            #expect(!child.arguments.joined(separator: " ").contains("secret"))
            let variables = variables(child)
            #expect(variables["TASKGRID_BROKER"] == secret)
            #expect(variables["TASKGRID_PREFIX"] == "other")
            #expect(variables["TASKGRID_QUEUE_KIND"] == "quorum")
            #expect(variables["TASKGRID_LOG_LEVEL"] == "debug")
            #expect(variables["TASKGRID_READY_FILE"] == "/data/ready/\(child.name)")
            #expect(child.log == "/data/logs/\(child.name).log")
        }
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
        #expect(children[2].arguments == ["dispatcher", "--store", "/s"])
    }

    @Test func `every service has a port of its own`() throws {
        let children = try stages("hash=3").flatMap { $0 }
        let ports = children.map { variables($0)["TASKGRID_HEALTH_PORT"] ?? $0.arguments.last }
        #expect(Set(ports).count == children.count)
        #expect(children[0].arguments.dropLast() == ["monitor", "--port"])
    }
}
