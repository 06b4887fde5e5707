import TaskGridCore
import Testing

@testable import Dispatcher

@Suite("When the time of attempts is up")
struct TimeoutsTests {
    private let start = Moment.now

    @Test func `tasks whose time is up are taken, and the others are looked at when theirs is`() {
        let ends: [TaskID: Moment] = [1: start + .seconds(1), 2: start + .seconds(2)]
        var timeouts = Timeouts()
        // The third one does not run yet.
        for task in [1, 2, 3] as [TaskID] { timeouts.insert(task) }
        for end in ends.values { timeouts.expect(end) }
        #expect(timeouts.next == start + .seconds(1))
        #expect(timeouts.takeDue(at: start) { ends[$0] } == [])
        #expect(timeouts.takeDue(at: start + .seconds(1)) { ends[$0] } == [1])
        #expect(timeouts.next == start + .seconds(2))
        timeouts.remove(1)
        #expect(timeouts.takeDue(at: start + .seconds(2)) { ends[$0] } == [2])
        #expect(timeouts.next == nil)
    }
}
