import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@testable import LocalGrid

@Suite(
    "A store in PostgreSQL that cannot be reached", .enabled(if: TestBroker.isThereOrRequired && TestDatabase.isThereOrRequired),
    .timeLimit(.minutes(5)))
struct DatabaseFaultTests {
    @Test func `refuses submissions and keeps results until it is back, and says so`() async throws {
        try await FaultGrid.withDatabase { server, options in
            let password = try server.password()
            try await FaultGrid.run(store: options) { grid in
                let port = try LoopbackPort.free(besides: [])
                let dispatcher = grid.launch(.dispatcher, ["--health-port", "\(port)"])
                let pid = try await dispatcher.ready()
                try await grid.launchWorker().ready()
                try await grid.knows(FaultGrid.fault)
                let hold = try Hold(at: grid.file("hold"))
                let before = try await grid.submit(Array(repeating: hold.payload, count: 8), each: 8)
                try await grid.runs.begun(4)
                #expect(try await HealthAnswer(port: port).status == 200)
                await server.kill()
                try await grid.expectRejection(Data("while it is away".utf8), "connection to the server")
                hold.release()
                try await grid.runs.ended(8)
                let answer = try await HealthAnswer.first(port: port) { $0.status == 503 }
                #expect(answer.body.contains("connection to the server"))
                try await server.start()
                let started = ContinuousClock.now
                let after = try await grid.submit(["after"])
                let endings = try await grid.settle(before + after)
                report("database killed, from its start until all has ended", .now - started)
                #expect(endings.values.allSatisfy { $0.state == .succeeded })
                #expect(dispatcher.endings.isEmpty)
                // Each ran once: what the workers did was not forgotten.
                #expect(grid.runs.attempts.values.allSatisfy { $0 == [1] })
                let log = try String(contentsOfFile: grid.file("dispatcher.log"), encoding: .utf8)
                let arguments = try String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
                #expect(!log.contains(password) && !arguments.contains(password))
            }
        }
    }

    @Test func `is waited for at the start, and the health endpoint names it`() async throws {
        try await FaultGrid.withDatabase { server, options in
            await server.stop()
            try await FaultGrid.run(store: options) { grid in
                let port = try LoopbackPort.free(besides: [])
                let dispatcher = grid.launch(.dispatcher, ["--health-port", "\(port)"])
                _ = try await HealthAnswer.first(port: port) { $0.status == 503 && $0.body.contains("connection to the server") }
                try await server.start()
                try await dispatcher.ready()
                try await grid.launchWorker().ready()
                try await grid.settle(grid.submit(["one"]))
                #expect(try await HealthAnswer(port: port).status == 200)
            }
        }
    }

    @Test func `a wrong password ends the dispatcher with words that say what to do`() async throws {
        try await FaultGrid.withDatabase { server, options in
            try Data("wrong\n".utf8).write(to: URL(filePath: options[3]))
            chmod(options[3], 0o600)
            try await FaultGrid.run(store: options) { grid in
                let (ending, _) = try await grid.launch(.dispatcher, restarts: false).ended()
                #expect(ending == .exited(code: 1))
                let log = try String(contentsOfFile: grid.file("dispatcher.log"), encoding: .utf8)
                #expect(log.contains("password authentication failed") && log.contains("its password (--store-password-file)"), "\(log)")
            }
        }
    }
}
