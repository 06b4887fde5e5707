import Testing

@testable import LocalGrid
@testable import TaskGridCommand

@Suite struct GridRunTests {
    @Test func `a worker that was asked to stop has not ended unexpectedly`() {
        func isAsked(_ process: String, _ ending: ProcessEvent.Ending) -> Bool {
            GridRun.isAsked(ProcessEvent(process: process, what: .ended(ending)))
        }
        #expect(isAsked("worker-hash-2", .exited(code: 0)))
        #expect(!isAsked("worker-hash-2", .exited(code: 1)) && !isAsked("worker-hash-2", .signalled(9)))
        #expect(!isAsked("dispatcher", .exited(code: 0)))
    }
}
