import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@testable import LocalGrid

@Suite("A program that runs workers in one statement", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(5)))
struct WorkerProgramTests {
    private func run(broker: String, healthPort: Int = 0, logFormat: String = "text") async throws -> CommandRun {
        let environment = [
            "TASKGRID_BROKER": broker, "TASKGRID_HEALTH_PORT": "\(healthPort)", "TASKGRID_LOG_FORMAT": logFormat,
        ]
        return try await CommandRun.run(["fault"], of: Programs.worker, environment: environment)
    }

    @Test(arguments: ["text", "json"]) func `it logs as the command does`(format: String) async throws {
        let endpoint = try TestBroker.endpoint()
        let run = try await run(broker: "amqp://stranger:secret@\(endpoint.addresses[0])", logFormat: format)
        let lines = run.errors.split(separator: "\n").filter { !$0.hasPrefix("error: ") }
        #expect(!lines.isEmpty)
        for line in lines {
            guard format == "json" else {
                #expect(line.contains("Z info     worker: "), "\(line)")
                continue
            }
            let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            #expect(fields?["logger"] == "worker" && fields?["level"] == "info", "\(line)")
        }
    }

    @Test func `a refused login is one line that names the user, not a crash`() async throws {
        let endpoint = try TestBroker.endpoint()
        let run = try await run(broker: "amqp://stranger:secret@\(endpoint.addresses[0])")
        #expect(run.reason == .exit && run.code == 1)
        let error = try #require(run.errors.split(separator: "\n").first { $0.hasPrefix("error: ") })
        #expect(error.contains("stranger") && !error.contains("secret"), "\(error)")
        #expect(!run.errors.contains("Fatal error"))
    }

    @Test func `a setting that cannot be is one line that names it`() async throws {
        let run = try await run(broker: "http://localhost")
        #expect(run.reason == .exit && run.code == 1)
        #expect(run.errors.hasPrefix("error: TASKGRID_BROKER: "), "\(run.errors)")
    }

    @Test func `the health endpoint answers until the program ends, with the reasons while the broker is away`() async throws {
        try await FaultGrid.run { grid in
            var broker = try #require(URLComponents(string: grid.broker))
            let proxy = try Proxy(port: try #require(broker.port))
            defer { proxy.stop() }
            broker.port = proxy.port
            let port = try LoopbackPort.free(besides: [])
            let worker = grid.launchWorker(healthPort: port, broker: broker.string)
            // With each of its heartbeats the test asks again.
            try await grid.launchWorker(named: "other").ready()
            try await worker.ready()
            try await grid.until { LoopbackPort.listens(port) }
            let well = try await HealthAnswer(port: port)
            #expect(well.status == 200 && well.body.contains(#""service":"worker""#), "\(well.body)")

            proxy.refuse()
            proxy.cut()
            try await grid.until { try await HealthAnswer(port: port).status == 503 }
            let ill = try await HealthAnswer(port: port)
            #expect(ill.body.contains("is lost since "), "\(ill.body)")
            proxy.accept()
            try await grid.until { try await HealthAnswer(port: port).status == 200 }

            #expect(try await worker.stop().ending == .exited(code: 0))
            #expect(!LoopbackPort.listens(port))
        }
    }

    @Test func `a health port that is in use is one line that names it`() async throws {
        let holder = try Proxy(port: 1)
        defer { holder.stop() }
        let run = try await run(broker: TestBroker.requiredURL(), healthPort: holder.port)
        #expect(run.reason == .exit && run.code == 1)
        let error = try #require(run.errors.split(separator: "\n").first { $0.hasPrefix("error: ") })
        #expect(error.hasPrefix("error: the health endpoint of the worker cannot listen on 127.0.0.1:\(holder.port) ("), "\(error)")
        #expect(error.hasSuffix("): stop what uses the port, or choose another port or host"), "\(error)")
    }
}
