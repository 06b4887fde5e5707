import Testing

@testable import TaskGridCore

@Suite struct ClosestTextTests {
    private let names = ["run", "result", "retry", "worker", "workers", "status", "stats"]

    @Test(arguments: [
        ("rn", "run"), ("rnu", "run"), ("reslt", "result"), ("wroker", "worker"), ("work", "worker"), ("statu", "status"),
        ("workerss", "workers"),
    ])
    func `a text that was mistyped is known again`(text: String, meant: String) {
        #expect(names.closest(to: text) == meant)
        #expect(names.suggestion(for: text) == "; did you mean '\(meant)'?")
    }

    @Test(arguments: ["", "x", "deploy", "nonsense"]) func `a text that is like none is left alone`(text: String) {
        #expect(names.closest(to: text) == nil)
        #expect(names.suggestion(for: text) == "")
    }
}
