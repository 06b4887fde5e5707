import BuiltinWorkers
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("The built-in workers", .enabled(if: TestBroker.isThereOrRequired), .timeLimit(.minutes(2)))
struct BuiltinTasksTests {
    private static let answers: [(type: String, payload: String, answer: String)] = [
        ("reverse", "hello", "olleh"),
        ("reverse", "e\u{301}👩‍🚀a", "a👩‍🚀e\u{301}"),
        ("sum", "[1,2,3]", "6"),
        ("sum", "[0.1,0.2]", "0.3"),
        ("sum", "[]", "0"),
        // FIPS 180-4's own example, and the empty message.
        ("hash", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("hash", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("upper", "hello straße", "HELLO STRASSE"),
        ("wait", "0.05", "0.05"),
    ]

    private static let badInputs: [(type: String, payload: Data)] = [
        ("reverse", Data([0xFF, 0xFE])),
        ("sum", Data("[1,\"two\"]".utf8)),
        ("sum", Data("hello".utf8)),
        ("upper", Data([0xC3])),
        ("wait", Data("soon".utf8)),
        ("wait", Data("-1".utf8)),
    ]

    @Test func `the built-in workers return their results and refuse bad input`() async throws {
        try await Grid.run { grid in
            _ = try await grid.startWorkers(BuiltinWorkers.all)
            for (type, payload, answer) in Self.answers {
                let ending = try await grid.client.run(try TaskType(type), payload: Data(payload.utf8), within: .seconds(60))
                #expect(ending.result.text == answer, "\(type) of \(payload)")
                #expect(ending.state == .succeeded)
                #expect(ending.attempt == 1)
            }
            for (type, payload) in Self.badInputs {
                let ending = try await grid.client.run(try TaskType(type), payload: payload, within: .seconds(60))
                #expect(ending.state == .failed, "\(type)")
                #expect(ending.error?.code == .invalidInput, "\(type)")
                #expect(ending.attempt == 1, "\(type)")
            }
        }
    }

    @Test func `many tasks of built-in workers end once each, with results in order`() async throws {
        let type = TaskType(literal: "echo")
        try await Grid.run { grid in
            let runs = Journal<RecordedRun>()
            let echo = runs.worker(type) { text, _ in "\(text)!" }
            _ = try await grid.startWorkers([echo])
            _ = try await grid.startWorkers([echo])
            let texts = (0..<2000).map(String.init)
            let endings = try await grid.client.run(type, payloads: texts.payloads, within: .seconds(100))
            #expect(endings.map(\.result.text) == texts.map { "\($0)!" })
            #expect(Set(endings.map(\.id)).count == 2000)
            #expect(runs.attempts.count == 2000)
            #expect(runs.attempts.values.allSatisfy { $0 == [1] })
            #expect(runs.entries.count == 2000)
            let counters = try await grid.counters(type)
            #expect(counters.submitted == 2000)
            #expect(counters.succeeded == 2000)
            #expect(counters.balances)
        }
    }
}
