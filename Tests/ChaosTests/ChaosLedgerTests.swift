import Chaos
import Foundation
import TaskGridClient
import TaskGridCore
import TestSupport
import Testing

@Suite("The ledger of a chaos run")
struct ChaosLedgerTests {
    private func ending(
        _ id: Int64, _ state: TaskState = .succeeded, _ result: String = "", error: TaskError? = nil, attempt: Int = 1
    ) -> Ending {
        Ending(id: TaskID(id), state: state, result: Data(result.utf8), error: error, attempt: attempt)
    }

    private func ledger(_ count: Int) -> ChaosLedger {
        var ledger = ChaosLedger()
        for number in 1...count {
            ledger.submitted(number)
            ledger.accepted(number, as: TaskID(Int64(number)))
        }
        return ledger
    }

    @Test func `an accepted task that has not ended is lost`() {
        var ledger = ledger(3)
        ledger.ended(ending(1))
        ledger.ended(ending(3, .failed, error: TaskError(.failed, "no")))
        #expect(ledger.lost == [2])
        #expect(ledger.ended == 2)
        #expect(ledger.ended(.succeeded) == 1)
        #expect(ledger.ended(.failed) == 1)
    }

    @Test func `a submission that was refused or never answered is neither accepted nor lost`() {
        var ledger = ledger(1)
        ledger.submitted(2)
        ledger.submitted(3)
        ledger.refused(3, "the disk is full")
        #expect(ledger.submitted == 3)
        #expect(ledger.accepted == 1)
        #expect(ledger.unanswered == [2])
        #expect(ledger.refusals.map(\.number) == [3])
        #expect(ledger.lost == [1])
    }

    @Test func `poison is an end of its own`() {
        var ledger = ledger(2)
        ledger.ended(ending(1, .failed, error: TaskError(.poison, "took its worker down 3 times")))
        ledger.ended(ending(2))
        #expect(ledger.poisoned == 1)
        #expect(ledger.ended(.failed) == 0)
        #expect(ledger.lost.isEmpty)
    }

    @Test func `the same end again is one; another state, result or attempt on the wire is a second`() {
        var same = ledger(1)
        for _ in 0..<3 {
            same.heard(ending(1, .succeeded, "a"))
            same.ended(ending(1, .succeeded, "a", attempt: 0))
        }
        #expect(same.endedTwice.isEmpty)
        for other in [ending(1, .failed, error: TaskError(.failed, "")), ending(1, .succeeded, "b")] {
            var client = ledger(1)
            client.ended(ending(1, .succeeded, "a"))
            client.ended(other)
            #expect(client.endedTwice == [1])
            var wire = ledger(1)
            wire.heard(ending(1, .succeeded, "a"))
            wire.heard(other)
            #expect(wire.endedTwice == [1])
            var both = ledger(1)
            both.heard(other)
            both.ended(ending(1, .succeeded, "a"))
            #expect(both.endedTwice == [1])
            var turned = ledger(1)
            turned.ended(ending(1, .succeeded, "a"))
            turned.heard(other)
            #expect(turned.endedTwice == [1])
        }
        var attempts = ledger(1)
        attempts.heard(ending(1, .succeeded, "a", attempt: 1))
        attempts.heard(ending(1, .succeeded, "a", attempt: 2))
        #expect(attempts.endedTwice == [1])
    }

    @Test func `an id for two numbers, or two ids for one, is accepted twice`() {
        var ledger = ledger(2)
        ledger.accepted(1, as: 1)
        #expect(ledger.acceptedTwice.isEmpty)
        ledger.accepted(2, as: 1)
        ledger.accepted(1, as: 3)
        #expect(ledger.acceptedTwice == [1, 3])
    }

    @Test func `a success with another result, or without an execution, is wrong`() {
        var ledger = ledger(4)
        ledger.ended(ending(1, .succeeded, "1"))
        ledger.ended(ending(2, .succeeded, "x"))
        ledger.ended(ending(3, .succeeded, "3"))
        ledger.ended(ending(4, .failed, error: TaskError(.failed, "")))
        #expect(ledger.wrong(answer: { Data("\($0)".utf8) }, executions: [1: 1, 2: 1, 4: 1]) == [2, 3])
    }

    @Test func `each of many tasks is counted once, and a forgotten one is found`() {
        forAll { generator, seed in
            var ledger = ChaosLedger()
            var expected = (accepted: 0, refused: 0, unanswered: 0, lost: Set<TaskID>())
            for number in 1...generator.number(1...200) {
                ledger.submitted(number)
                let id = TaskID(Int64(number * 7))
                switch generator.number(0...9) {
                case 0:
                    ledger.refused(number, "no")
                    expected.refused += 1
                case 1: expected.unanswered += 1
                case 2:
                    ledger.accepted(number, as: id)
                    expected.accepted += 1
                    expected.lost.insert(id)
                default:
                    ledger.accepted(number, as: id)
                    expected.accepted += 1
                    let ending = Ending(id: id, state: generator.one(of: TaskState.allCases.filter(\.isTerminal)))
                    for _ in 0..<generator.number(1...3) { ledger.ended(ending) }
                }
            }
            #expect(ledger.accepted == expected.accepted, seed)
            #expect(ledger.refusals.count == expected.refused, seed)
            #expect(ledger.unanswered.count == expected.unanswered, seed)
            #expect(Set(ledger.lost) == expected.lost, seed)
            #expect(ledger.submitted == ledger.accepted + ledger.refusals.count + ledger.unanswered.count, seed)
            let ended = TaskState.allCases.reduce(0) { $0 + ledger.ended($1) } + ledger.poisoned
            #expect(ledger.accepted == ended + ledger.lost.count, seed)
            #expect(ledger.endedTwice.isEmpty && ledger.acceptedTwice.isEmpty, seed)
        }
    }
}
