import TaskGridCore
import Testing

/// The table in the documentation of `TaskStateMachine`, written out: every state and every event.
@Suite struct TaskStateMachineTableTests {
    typealias Machine = TaskStateMachine
    static let error = TaskError(.failed, "no")
    static let badInput = TaskError(.invalidInput, "no")
    static let poison = TaskError(.poison, "took its worker down 3 times")
    static let cancelled = TaskError(.cancelled, "cancelled on request")
    static let expired = TaskError(.expired, "not begun before its expiry")

    /// The transitions from each of the states that are not the last.
    struct Row: Sendable, CustomTestStringConvertible {
        var event: Machine.Event
        var failures = 0
        var interruptions = 0
        var pending: (TaskState, Machine.Action)
        var scheduled: (TaskState, Machine.Action)
        var queued: (TaskState, Machine.Action)
        var running: (TaskState, Machine.Action)

        var testDescription: String { "\(event), failures \(failures), interruptions \(interruptions)" }
    }

    static let away: Machine.Action = .ignored(.notApplicable)

    /// An event that means something only while an attempt is under way.
    static func underWay(
        _ event: Machine.Event, failures: Int = 0, interruptions: Int = 0, _ state: TaskState, _ action: Machine.Action
    ) -> Row {
        Row(
            event: event, failures: failures, interruptions: interruptions, pending: (.pending, away), scheduled: (.scheduled, away),
            queued: (state, action), running: (state, action)
        )
    }

    /// An event that means the same in every state but the last ones.
    static func always(_ event: Machine.Event, _ state: TaskState, _ action: Machine.Action) -> Row {
        Row(event: event, pending: (state, action), scheduled: (state, action), queued: (state, action), running: (state, action))
    }

    static let rows: [Row] = [
        Row(
            event: .due, pending: (.pending, away), scheduled: (.pending, .none), queued: (.queued, away), running: (.running, away)
        ),
        Row(
            event: .handedOut, pending: (.queued, .none), scheduled: (.scheduled, away), queued: (.queued, away),
            running: (.running, away)
        ),
        Row(
            event: .named(attempt: 1), pending: (.pending, away), scheduled: (.scheduled, away), queued: (.running, .none),
            running: (.running, away)
        ),
        always(.succeeded(attempt: 1), .succeeded, .end(.succeeded, nil)),
        always(.cancelled, .cancelled, .end(.cancelled, cancelled)),
        always(.expired, .expired, .end(.expired, expired)),
        Row(
            event: .retried, pending: (.pending, away), scheduled: (.scheduled, away), queued: (.queued, away), running: (.running, away)
        ),
        underWay(.failed(attempt: 1, error), .scheduled, .retry(number: 1)),
        underWay(.failed(attempt: 1, error), failures: 1, .scheduled, .retry(number: 2)),
        underWay(.failed(attempt: 1, error), failures: 2, .failed, .end(.failed, error)),
        underWay(.failed(attempt: 1, TaskError(.timedOut, "late")), .scheduled, .retry(number: 1)),
        underWay(.failed(attempt: 1, badInput), .failed, .end(.failed, badInput)),
        underWay(.interrupted(attempt: 1, holderLives: false), .pending, .handOut(alone: true)),
        underWay(.interrupted(attempt: 1, holderLives: false), interruptions: 1, .pending, .handOut(alone: true)),
        underWay(.interrupted(attempt: 1, holderLives: false), interruptions: 2, .failed, .end(.failed, poison)),
        underWay(.interrupted(attempt: 1, holderLives: false, started: false), interruptions: 2, .pending, .handOut(alone: true)),
        underWay(.givenBack(attempt: 1), .pending, .handOut(alone: false)),
        underWay(.givenBack(attempt: 1), interruptions: 1, .pending, .handOut(alone: true)),
        underWay(.lost(attempt: 1), .pending, .handOut(alone: false)),
        underWay(.lost(attempt: 1), interruptions: 1, .pending, .handOut(alone: true)),
        Row(
            event: .interrupted(attempt: 1, holderLives: true), pending: (.pending, away), scheduled: (.scheduled, away),
            queued: (.queued, .ignored(.holderLives)), running: (.running, .ignored(.holderLives))
        ),
    ]

    @Test(arguments: rows) func `each event has its effect in each state`(_ row: Row) {
        for (state, (next, action)) in [
            (TaskState.pending, row.pending), (.scheduled, row.scheduled), (.queued, row.queued), (.running, row.running),
        ] {
            var machine = Machine(state: state, attempt: 1, failures: row.failures, interruptions: row.interruptions, maxAttempts: 3)
            let before = machine
            #expect(machine.handle(row.event) == action, "in state \(state)")
            #expect(machine.state == next, "from state \(state)")
            #expect(machine.attempt == (row.event == .handedOut && state == .pending ? 2 : 1), "in state \(state)")
            if case .ignored = action { #expect(machine == before) }
        }
    }

    @Test(arguments: rows) func `the end is final`(_ row: Row) {
        // But for those that are to be done again on request.
        for state in TaskState.allCases where state.isTerminal && (row.event != .retried || state == .succeeded) {
            var machine = Machine(state: state, attempt: 1, failures: row.failures, interruptions: row.interruptions, maxAttempts: 3)
            let before = machine
            #expect(machine.handle(row.event) == .ignored(.ended))
            #expect(machine == before)
        }
    }

    /// A task that ended without success begins anew on request, under the number after its last one.
    @Test(arguments: [TaskState.failed, .cancelled, .expired])
    func `a task that ended without success begins anew when it is retried on request`(_ state: TaskState) {
        var machine = Machine(state: state, attempt: 4, failures: 2, interruptions: 3, maxAttempts: 3)
        #expect(machine.handle(.retried) == .handOut(alone: false))
        #expect(machine == Machine(state: .pending, attempt: 4, failures: 0, interruptions: 0, maxAttempts: 3))
        #expect(machine.handle(.handedOut) == .none && machine.attempt == 5)
        #expect(machine.handle(.failed(attempt: 4, Self.error)) == .ignored(.staleAttempt))
        #expect(machine.handle(.failed(attempt: 5, Self.error)) == .retry(number: 1))
    }

    /// A report of an older attempt is ignored in every state.
    @Test(arguments: [
        Machine.Event.named(attempt: 1), .failed(attempt: 1, error), .failed(attempt: 1, badInput),
        .interrupted(attempt: 1, holderLives: false), .interrupted(attempt: 1, holderLives: true), .givenBack(attempt: 1),
        .lost(attempt: 1),
    ])
    func `events of older attempts are ignored`(_ event: Machine.Event) {
        for state in [TaskState.pending, .scheduled, .queued, .running] {
            var machine = Machine(state: state, attempt: 2, interruptions: 2, maxAttempts: 1)
            let before = machine
            #expect(machine.handle(event) == .ignored(.staleAttempt))
            #expect(machine == before)
        }
    }

    /// A hand-out is written down before it is published: a number higher than the one known is nobody's, and whoever makes
    /// one up keeps nobody from reporting.
    @Test(arguments: [
        Machine.Event.named(attempt: 5), .failed(attempt: 5, error), .failed(attempt: 5, badInput),
        .interrupted(attempt: 5, holderLives: false), .interrupted(attempt: 5, holderLives: true), .givenBack(attempt: 5),
        .lost(attempt: 5),
    ])
    func `events of attempts that were never handed out are ignored`(_ event: Machine.Event) {
        for state in [TaskState.pending, .scheduled, .queued, .running] {
            var machine = Machine(state: state, attempt: 2, interruptions: 2, maxAttempts: 1)
            let before = machine
            #expect(machine.handle(event) == .ignored(.unknownAttempt))
            #expect(machine == before)
        }
    }

    @Test func `a success of any attempt that was handed out is taken, and the number stays`() {
        for attempt in [1, 2] {
            var machine = Machine(state: .queued, attempt: 2, maxAttempts: 3)
            #expect(machine.handle(.succeeded(attempt: attempt)) == .end(.succeeded, nil))
            #expect(machine.attempt == 2)
        }
    }

    @Test(arguments: [(2, 3), (2, 99), (2, 0), (2, -1), (0, 1), (0, 0)])
    func `a success of an attempt that was never handed out is refused`(handedOut: Int, claimed: Int) {
        for state in [TaskState.pending, .scheduled, .queued, .running] {
            var machine = Machine(state: state, attempt: handedOut, maxAttempts: 3)
            #expect(machine.handle(.succeeded(attempt: claimed)) == .ignored(.unknownAttempt))
            #expect(machine.state == state)
        }
    }

    @Test func `a task has at least one attempt`() {
        for maxAttempts in [Int.min, -1, 0, 1] {
            var machine = Machine(maxAttempts: maxAttempts)
            #expect(machine.maxAttempts == 1)
            _ = machine.handle(.handedOut)
            #expect(machine.handle(.failed(attempt: 1, Self.error)) == .end(.failed, Self.error))
        }
    }

    /// The first interruption counts for whoever lay in the dead worker's buffer, the later ones only for who had begun.
    @Test func `neighbours are not blamed`() {
        var machine = Machine(maxAttempts: 3)
        for attempt in 1...20 {
            #expect(machine.handle(.handedOut) == .none)
            #expect(machine.handle(.interrupted(attempt: attempt, holderLives: false, started: false)) == .handOut(alone: true))
        }
        #expect(machine.interruptions == 1)
    }
}
