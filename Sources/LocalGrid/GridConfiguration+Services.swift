import TaskGridCore

extension GridConfiguration {
    /// The ports that the services need.
    var serviceUses: [Ports.Use] {
        guard let services else { return [] }
        return [.monitor, .nameservice, .dispatcher] + services.workers.each.map { .worker($0.type, number: $0.number) }
    }

    /// The services in the order in which they start; they stop in the reverse.
    func serviceStages(ports: Ports, amqp: String) -> [[ChildProcess]] {
        guard let services else { return [] }
        func child(_ role: Role, _ name: String, _ use: Ports.Use, _ arguments: [String] = [], stopWithin: Duration) -> ChildProcess {
            let ready = folder.readyFile(of: name)
            var variables = services.environment
            // The URL holds the password: an argument would show it to everyone in `ps`.
            variables["TASKGRID_BROKER"] = amqp
            variables["TASKGRID_PREFIX"] = services.prefix
            variables["TASKGRID_READY_FILE"] = ready
            if let port = ports[use], role != .monitor { variables["TASKGRID_HEALTH_PORT"] = String(port) }
            return ChildProcess(
                name: name,
                executable: services.executable,
                arguments: [role.rawValue] + arguments + (services.arguments[role] ?? []),
                environment: .inherited(variables),
                log: folder.log(of: name),
                readiness: .file(ready),
                stopWithin: stopWithin
            )
        }
        let monitorPort = ports[.monitor].map { ["--port", String($0)] } ?? []
        let workers = services.workers.each.map { type, number in
            let name = services.workers[type] == 1 ? "worker-\(type)" : "worker-\(type)-\(number)"
            return child(.worker, name, .worker(type, number: number), [type.name], stopWithin: services.workersStopWithin)
        }
        return [
            [child(.monitor, "monitor", .monitor, monitorPort, stopWithin: .seconds(10))],
            [child(.nameservice, "nameservice", .nameservice, stopWithin: .seconds(10))],
            [child(.dispatcher, "dispatcher", .dispatcher, ["--store", folder.store], stopWithin: .seconds(20))],
            workers,
        ]
    }
}

extension WorkerCounts {
    /// Every worker: its type and its number among those of the type, counted from 1.
    fileprivate var each: [(type: TaskType, number: Int)] {
        types.flatMap { type in (1...self[type]).map { (type, $0) } }
    }
}
