import Foundation
import TaskGridCore
import Testing

@testable import TaskGridCommand

@Suite("The benchmark's own parts")
struct BenchTests {
    @Test(arguments: BenchLoad.types, [1, 10, 100, 5000])
    func `a payload has its size and its number, and its answer is known`(type: String, size: Int) throws {
        let load = try BenchLoad(TaskType(type), size: size)
        let payload = load.payload(7)
        if type != "wait" { #expect(payload.count == size) }
        if size >= 10, type != "wait" { #expect(payload.starts(with: Data("7 ".utf8))) }
        let answer: Data =
            switch type {
            case "reverse": Data(payload.reversed())
            case "upper": Data(String(decoding: payload, as: UTF8.self).uppercased().utf8)
            case "hash": Data(SHA256.hexadecimal(payload).utf8)
            default: payload
            }
        #expect(load.isRight(answer, for: payload))
        #expect(!load.isRight(answer + [0], for: payload))
    }

    @Test func `a type whose answers are not known is refused with those that are`() throws {
        let type = TaskType(literal: "greet")
        let failure = #expect(throws: Failure.self) { try BenchLoad(type, size: 1) }
        #expect(failure?.message?.contains("reverse, upper, hash, wait") == true)
    }

    @Test func `percentiles are of the times recorded, in milliseconds`() throws {
        var measurement = Measurement()
        #expect(measurement.percentile(50) == nil)
        for milliseconds in 1...100 { measurement.record(.milliseconds(milliseconds)) }
        #expect(abs(try #require(measurement.percentile(50)) - 50) < 0.1)
        #expect(abs(try #require(measurement.percentile(99)) - 99) < 0.1)
        measurement.tasks = 100
        measurement.seconds = 0.5
        #expect(measurement.tasksPerSecond == 200)
    }

    @Test func `the JSON has the names that programs look for`() throws {
        var run = Measurement()
        run.tasks = 10
        run.seconds = 2
        run.record(.milliseconds(3))
        let report = BenchReport(type: "reverse", size: 100, submitters: 4, bulk: run, concurrent: run, lone: run, raw: run)
        let object = try #require(try JSONSerialization.jsonObject(with: JSON.visible(report.json)) as? [String: Any])
        for name in ["bulk", "concurrent", "raw"] {
            #expect((object[name] as? [String: Any])?["tasks_per_second"] as? Double == 5, "\(name)")
        }
        let lone = try #require(object["lone"] as? [String: Any])
        #expect(abs(try #require(lone["p50_ms"] as? Double) - 3) < 0.1)
        #expect(abs(try #require(lone["p99_ms"] as? Double) - 3) < 0.1)
    }

    @Test func `a process is measured between two readings, and one that is new is left out`() {
        let old = ProcessUsage(pid: 1, name: "a", cpu: 2, peak: 10)
        let new = ProcessUsage(pid: 1, name: "a", cpu: 5, peak: 12)
        let other = ProcessUsage(pid: 2, name: "b", cpu: 5, peak: 12)
        #expect(ProcessUsage.between([old], [new, other]) == [ProcessUsage(pid: 1, name: "a", cpu: 3, peak: 12)])
        #expect(ProcessUsage.all(below: nil).map(\.name) == ["bench"])
    }

    @Test(arguments: [60, 80, 120]) func `the tables fit the terminal`(width: Int) {
        var run = Measurement()
        run.tasks = 200_000
        run.seconds = 2
        run.usage = [ProcessUsage(pid: 1, name: "worker reverse", cpu: 1, peak: 50 << 20)]
        run.record(.milliseconds(3))
        let report = BenchReport(type: "reverse", size: 100, submitters: 32, bulk: run, concurrent: run, lone: run, raw: run)
        #expect(report.lines(width: width).allSatisfy { $0.count <= width })
    }
}
