import ArgumentParser
import Foundation
import TaskGridClient
import TaskGridConfiguration
import TaskGridCore
import Testing

@testable import Chaos
@testable import TaskGridCommand

@Suite("The report of a chaos run")
struct ChaosReportTests {
    private func counters(submitted: Int, succeeded: Int) -> TaskCounts {
        var counts = TaskCounts()
        counts.submitted = submitted
        counts.succeeded = succeeded
        return counts
    }

    private func report(
        _ ledger: ChaosLedger, counters: TaskCounts?, executions: [Int: Int], skipped: [Fault: Int] = [:]
    ) -> ChaosReport {
        ChaosReport(
            seed: 1, took: .seconds(1), ledger, Recoveries(), skipped: skipped, executions: executions,
            answer: { NumberedTask(number: $0, milliseconds: 1) }, counters: counters
        )
    }

    /// Three tasks that have ended well, and then were changed by `change`.
    private func violations(_ change: (inout ChaosLedger, inout TaskCounts?, inout [Int: Int]) -> Void) -> [String] {
        var ledger = ChaosLedger()
        for number in 1...3 {
            ledger.submitted(number)
            ledger.accepted(number, as: TaskID(Int64(number)))
            if number < 3 { ledger.ended(good(number)) }
        }
        var counts: TaskCounts? = counters(submitted: 3, succeeded: 3)
        var executions = [1: 1, 2: 2, 3: 1]
        change(&ledger, &counts, &executions)
        return report(ledger, counters: counts, executions: executions).violations
    }

    private func good(_ number: Int) -> Ending {
        Ending(id: TaskID(Int64(number)), state: .succeeded, result: NumberedTask(number: number, milliseconds: 1).answer, attempt: 1)
    }

    @Test func `has nothing to complain of when all has ended as it should`() {
        #expect(violations { ledger, _, _ in ledger.ended(good(3)) } == [])
    }

    @Test func `tells each broken promise`() {
        #expect(violations { _, _, _ in }.first == "1 tasks were accepted and have not ended")
        #expect(
            violations { ledger, _, _ in
                ledger.ended(good(3))
                ledger.ended(Ending(id: 3, state: .failed))
            } == ["1 tasks ended twice"])
        #expect(
            violations { ledger, _, executions in
                ledger.ended(good(3))
                executions[3] = nil
            } == ["1 tasks have a wrong result"])
        #expect(
            violations { ledger, counters, _ in
                ledger.ended(good(3))
                counters = self.counters(submitted: 4, succeeded: 3)
            }.first?.hasPrefix("the dispatcher's counters do not balance") == true)
        #expect(
            violations { ledger, counters, _ in
                ledger.ended(good(3))
                counters = self.counters(submitted: 4, succeeded: 4)
            } == ["the dispatcher's counters have 4 tasks, accepted were 3", "the dispatcher's counters have 4 ended tasks, ended are 3"])
        #expect(
            violations { ledger, counters, _ in
                ledger.ended(good(3))
                counters = nil
            } == ["the dispatcher did not answer in the end"])
        #expect(
            violations { ledger, _, _ in
                ledger.ended(good(3))
                ledger.submitted(4)
            } == ["1 submissions were never answered"])
    }

    @Test(arguments: 0..<4)
    func `makes the command's exit code 1 where a task was lost, ended twice or has a wrong result`(fault: Int) async throws {
        let scoreboard = Scoreboard(start: .now)
        for number in 1...3 {
            let submitted = scoreboard.submitted(number)
            scoreboard.accepted(number, as: TaskID(Int64(number)))
            // One is lost.
            if fault != 1 || number != 2 { scoreboard.ended(good(number), submitted: submitted) }
        }
        // One is told to have ended once more, by another attempt.
        if fault == 2 {
            scoreboard.heard(good(1))
            scoreboard.heard(Ending(id: 1, state: .failed, attempt: 2))
        }
        // One has succeeded, and nobody has executed it.
        let executions = fault == 3 ? [1: 1, 2: 1] : [1: 1, 2: 1, 3: 1]
        let report = report(
            scoreboard.final.ledger, counters: counters(submitted: 3, succeeded: fault == 1 ? 2 : 3), executions: executions)
        #expect([report.lost.count, report.endedTwice.count, report.wrong.count] == (1...3).map { $0 == fault ? 1 : 0 })
        var code: Int32 = 0
        do {
            try await Failure.reported { try ChaosCommand.judge(report) }
        } catch {
            code = ChaosCommand.exitCode(for: error).rawValue
        }
        #expect(code == (fault == 0 ? 0 : 1))
    }

    @Test(arguments: [40, 80, nil]) func `fits the terminal, and shows what was lost`(width: Int?) {
        var ledger = ChaosLedger()
        for number in 1...30 {
            ledger.submitted(number)
            ledger.accepted(number, as: TaskID(Int64(number)))
        }
        let lines = ChaosTable(report(ledger, counters: counters(submitted: 30, succeeded: 0), executions: [:])).lines(width: width)
        #expect(lines.contains { $0.hasPrefix("lost") && $0.hasSuffix("30") })
        #expect(lines.last == "lost: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …")
        for line in lines.dropLast() { #expect(line.count <= width ?? .max) }
    }

    @Test func `refused submissions are shown once for each cause, however their numbers differ`() {
        var ledger = ChaosLedger()
        ledger.refused(4, "no store")
        for number in [9, 5, 7] { ledger.refused(number, "port 44077 is closed for task \(number)") }
        let causes = RefusalCause.causes(of: ledger.refusals)
        #expect(causes.map(\.count) == [3, 1] && causes.map(\.example.number) == [5, 4])
        let lines = ChaosTable(report(ledger, counters: nil, executions: [:])).lines(width: nil)
        #expect(
            lines.suffix(2) == [
                "not accepted (3, such as number 5): port 44077 is closed for task 5", "not accepted (number 4): no store",
            ])
    }

    @Test(arguments: [40, nil]) func `below the tables stands what failed and LEFT OUT mean, if there is any`(width: Int?) {
        var ledger = ChaosLedger()
        ledger.submitted(1)
        ledger.accepted(1, as: 1)
        let quiet = ChaosTable(report(ledger, counters: nil, executions: [:], skipped: [.stall: 0])).lines(width: width)
        #expect(!quiet.contains { $0.hasPrefix("failed:") || $0.hasPrefix("LEFT OUT:") })
        ledger.ended(Ending(id: 1, state: .failed))
        func shown(refuses: Bool) -> [String] {
            ChaosTable(report(ledger, counters: nil, executions: [:], skipped: [.stall: 2]), refuses: refuses).lines(width: width)
        }
        let lines = shown(refuses: true)
        #expect(lines.contains { $0.hasPrefix("failed: ") } && lines.contains { $0.hasPrefix("LEFT OUT: ") })
        for line in lines { #expect(line.count <= width ?? .max) }
        let others = shown(refuses: false)
        #expect(others.contains("failed: the task ended with an error."))
        #expect(lines.joined(separator: " ").contains("refuse") && !others.joined(separator: " ").contains("refuse"))
    }

    @Test func `the folder stays, and is shown with what is in it, if it was asked for or a promise was broken`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = ChaosFolder(folder: GridFolder(path))
        var isThere: Bool { FileManager.default.fileExists(atPath: path) }
        func make(_ files: [String]) throws {
            try FileManager.default.createDirectory(atPath: "\(path)/logs", withIntermediateDirectories: true)
            for file in files { try Data().write(to: URL(filePath: "\(path)/\(file)")) }
        }
        try make(["logs/dispatcher.log", "executions"])
        let lines = folder.leave(isAskedFor: false, isWell: false)
        #expect(lines.first?.hasSuffix(path) == true)
        #expect(lines.dropFirst().map { $0.split(separator: " ").first } == ["logs", "executions"] && isThere)
        #expect(folder.leave(isAskedFor: true, isWell: false) == lines && isThere)
        #expect(folder.leave(isAskedFor: true, isWell: true) == [] && isThere)
        #expect(folder.leave(isAskedFor: false, isWell: true) == [] && !isThere)
        // Nothing has been started.
        try make([])
        #expect(folder.leave(isAskedFor: false, isWell: false) == [] && !isThere)
    }

    @Test(arguments: [
        ["--minutes", "1", "--duration", "1s"], ["--rate", "0"], ["--every", "1ms"], ["--workers", "0"], ["--faults", "rain"],
        ["--minutes", "-1"], ["--faults", "node"], ["--faults", "worker,database"], ["--store", "sqlite", "--faults", "database"],
        ["--store", "mysql"], ["--dispatchers", "0"],
    ])
    func `a command's arguments that cannot be are refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try ChaosCommand.parse(arguments) }
    }

    @Test(arguments: [
        ["--store", "postgresql", "--faults", "database"], ["--store", "postgresql", "--dispatchers", "2"], ["--faults", "all"],
        ["--store", "postgresql", "--nodes", "3"],
    ])
    func `a command's arguments that fit each other are taken`(arguments: [String]) throws {
        _ = try ChaosCommand.parse(arguments)
    }

    @Test func `a submission without an answer may be among the accepted ones`() {
        let lines = violations { ledger, counters, _ in
            ledger.ended(good(3))
            ledger.submitted(4)
            counters = self.counters(submitted: 4, succeeded: 4)
        }
        #expect(lines == ["1 submissions were never answered"])
    }
}
