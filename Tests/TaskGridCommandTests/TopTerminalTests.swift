import AMQP
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite("top in a terminal", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(1)))
struct TopTerminalTests {
    private let topology = Topology(prefix: "top-\(UUID().uuidString.prefix(8).lowercased())")

    private static let leave = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Runs `body` with the command in a terminal, once it has drawn, and with one who speaks for the grid.
    private func withTop(_ body: (PseudoTerminal, BrokerProbe) async throws -> Void) async throws {
        let probe = try await BrokerProbe(topology, bindings: [])
        let url = try TestBroker.requiredURL()
        let terminal = try PseudoTerminal(["top", "--broker", url, "--prefix", topology.prefix], columns: 100, rows: 30)
        #expect(terminal.wasAsAShellHasIt)
        let first = try await terminal.frame { $0.count == 30 }
        #expect(first[0].hasPrefix("Connecting…") && first[29].hasPrefix("q quit  t workers  s sort: name"))
        #expect(!terminal.isAsAShellHasIt)
        try await body(terminal, probe)
        await probe.close(topology)
    }

    @Test func `it draws what happens, obeys its keys, follows the size, and gives the terminal back`() async throws {
        try await withTop { terminal, probe in
            let id = "w-1".owned(by: TestBroker.user)
            let worker = RegistryMessage(
                worker: id, host: "h", pid: 1, version: "1", types: [TaskType(literal: "reverse")], concurrency: 1, prefetch: 1,
                batch: false, started: .now(), interval: 60_000
            )
            try await probe.say(topology.registry, Topology.registryKey(.register, worker: id), worker.message(.register))
            var counts = TaskCounts()
            (counts.submitted, counts[.succeeded]) = (42, 42)
            let event = TypeEvent(type: TaskType(literal: "reverse"), store: "s", at: .now(), states: counts)
            try await probe.say(topology.events, "task.reverse", .event(event))
            // The nameservice's word, without which the grid is silent.
            try await probe.say(topology.events, "worker.joined", .event(WorkerEvent(kind: .joined, at: .now(), worker: worker)))
            let types = try await terminal.frame { $0.contains { $0.hasPrefix("reverse ") } && $0[0].contains("1 worker") }
            #expect(types[0].hasPrefix("No alerts in the first ") && types.contains { $0.hasPrefix("TYPE ") })
            #expect(types[1] == "Ledger  balances · 42 submitted: 42 succeeded")

            terminal.type("t")
            let workers = try await terminal.frame { $0.contains { $0.hasPrefix("WORKER ") } }
            #expect(workers.contains { $0.hasPrefix("\(id) ") } && workers.last?.hasPrefix("q quit  t types  s sort: name") == true)

            terminal.type("s")
            _ = try await terminal.frame { $0.last?.hasPrefix("q quit  t types  s sort: running") == true }

            terminal.resize(columns: 40, rows: 12)
            let small = try await terminal.frame { $0.count == 12 }
            #expect(small.allSatisfy { $0.count <= 40 } && small.contains { $0.hasPrefix("\(id) ") })

            terminal.type("q")
            #expect(await terminal.exitCode() == 0)
            #expect(terminal.isAsAShellHasIt)
            try await terminal.ends(with: Self.leave)
        }
    }

    @Test func `Ctrl-C quits, in good order`() async throws {
        try await withTop { terminal, _ in
            terminal.type("\u{3}")
            #expect(await terminal.exitCode() == 0)
            #expect(terminal.isAsAShellHasIt)
            try await terminal.ends(with: Self.leave)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGQUIT]) func `a signal ends it, and it gives the terminal back`(signal: Int32) async throws {
        try await withTop { terminal, _ in
            terminal.signal(signal)
            #expect(await terminal.exitCode() == 128 + signal)
            #expect(terminal.isAsAShellHasIt)
            try await terminal.ends(with: Self.leave)
        }
    }
}
