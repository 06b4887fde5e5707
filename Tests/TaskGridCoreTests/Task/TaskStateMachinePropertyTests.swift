import TaskGridCore
import TestSupport
import Testing

/// Promises that hold for every sequence of events.
@Suite struct TaskStateMachinePropertyTests {
    @Test func `every sequence of events keeps the rules of a task's life`() {
        var ends = 0
        var reopened = 0
        forAll(4000) { generator, seed in
            var machine = TaskStateMachine(maxAttempts: .random(in: 1...4, using: &generator))
            var ended: TaskStateMachine?
            for _ in 0..<60 {
                let before = machine
                let event = TaskStateMachine.Event.random(around: machine.attempt, using: &generator)
                let action = machine.handle(event)
                #expect(machine.attempt >= before.attempt, seed)
                if event == .retried, action != .ignored(.ended), action != .ignored(.notApplicable) {
                    // The only way back from an end, and only from one without success.
                    #expect(ended.map { $0.state != .succeeded } == true && action == .handOut(alone: false), seed)
                    #expect(machine.attempt == before.attempt && machine.failures == 0 && machine.interruptions == 0, seed)
                    ended = nil
                    reopened += 1
                    continue
                }
                #expect(machine.failures >= before.failures && machine.failures <= machine.maxAttempts, seed)
                #expect(machine.interruptions - before.interruptions <= 1, seed)
                #expect(machine.interruptions <= TaskStateMachine.maximumInterruptions, seed)
                if machine.interruptions == TaskStateMachine.maximumInterruptions { #expect(machine.state == .failed, seed) }
                if let ended {
                    #expect(machine == ended && action == .ignored(.ended), seed)
                }
                if let attempt = event.attempt, attempt != before.attempt, !event.isSuccess { #expect(machine == before, seed) }
                switch action {
                case .end(let state, _):
                    #expect(ended == nil && state.isTerminal && machine.state == state, seed)
                    ended = machine
                    ends += 1
                case .ignored:
                    #expect(machine == before, seed)
                case .retry(let number):
                    #expect(machine.state == .scheduled && number == machine.failures && number < machine.maxAttempts, seed)
                case .handOut(let alone):
                    #expect(machine.state == .pending && alone == (machine.interruptions > 0), seed)
                case .none:
                    #expect(machine != before && !machine.state.isTerminal, seed)
                }
                #expect(machine.state.isTerminal == (ended != nil), seed)
            }
        }
        #expect(ends > 1000 && reopened > 100, "the sequences reach an end often enough to say something")
    }

    /// However a task is interrupted, lost and given back, it can still be handed out and ended.
    @Test func `every task that has not ended can end`() {
        forAll(2000) { generator, seed in
            var machine = TaskStateMachine(maxAttempts: 3)
            for _ in 0..<20 { _ = machine.handle(.random(around: machine.attempt, using: &generator)) }
            guard !machine.state.isTerminal else { return }
            if machine.state == .scheduled { #expect(machine.handle(.due) == .none, seed) }
            if machine.state == .pending { #expect(machine.handle(.handedOut) == .none, seed) }
            if machine.state == .queued { #expect(machine.handle(.named(attempt: machine.attempt)) == .none, seed) }
            #expect(machine.state == .running, seed)
            #expect(machine.handle(.succeeded(attempt: machine.attempt)) == .end(.succeeded, nil), seed)
        }
    }
}

extension TaskStateMachine.Event {
    static func random(around attempt: Int, using generator: inout Seeded) -> Self {
        // Mostly the latest attempt, sometimes an old one or one that never was.
        let attempt = max(0, attempt + [-2, -1, 0, 0, 0, 0, 0, 1, 2].randomElement(using: &generator)!)
        switch Int.random(in: 0..<42, using: &generator) {
        case 41: return .interruptionWithdrawn
        case 40: return .retried
        case 0..<6: return .due
        case 6..<14: return .handedOut
        case 14..<20: return .named(attempt: attempt)
        case 20: return .succeeded(attempt: attempt)
        case 21: return .cancelled
        case 22: return .expired
        case 23: return .failed(attempt: attempt, TaskError(.invalidInput, "no"))
        case 24..<28: return .failed(attempt: attempt, TaskError([.failed, .timedOut].randomElement(using: &generator)!, "no"))
        case 28..<33:
            return .interrupted(attempt: attempt, holderLives: .random(using: &generator), started: .random(using: &generator))
        case 33..<37: return .lost(attempt: attempt)
        default: return .givenBack(attempt: attempt)
        }
    }

    var attempt: Int? {
        switch self {
        case .named(let attempt), .succeeded(let attempt), .failed(let attempt, _), .interrupted(let attempt, _, _),
            .givenBack(let attempt), .lost(let attempt):
            attempt
        case .due, .handedOut, .interruptionWithdrawn, .cancelled, .expired, .retried: nil
        }
    }

    var isSuccess: Bool { if case .succeeded = self { true } else { false } }
}
