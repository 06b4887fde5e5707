import Chaos
import Foundation
import TaskGridCore
import TestSupport
import Testing

@Suite("Numbered tasks")
struct NumberedTaskTests {
    @Test func `are functions of their number and the seed, and read back from their payload`() throws {
        try forAll { generator, seed in
            let (number, chosen) = (generator.number(1...1_000_000), generator.next())
            var task = NumberedTask(number: number, seed: chosen, rate: 100)
            #expect(task == NumberedTask(number: number, seed: chosen, rate: 100), seed)
            task.isLarge = generator.coin()
            let read = try NumberedTask(payload: task.payload)
            #expect(read == task, seed)
        }
    }

    @Test func `have answers that tell them apart`() {
        let tasks = (1...10_000).map { NumberedTask(number: $0, seed: 1, rate: 100) }
        #expect(Set(tasks.map(\.answer)).count == tasks.count)
    }

    @Test(arguments: [1, 100, 1_000, 10_000.0])
    func `numbered tasks are short and long, and need a bounded number of slots at any rate`(rate: Double) {
        let tasks = (1...20_000).map { NumberedTask(number: $0, seed: 5, rate: rate) }
        let seconds = Double(tasks.reduce(0) { $0 + $1.milliseconds }) / 1_000 / Double(tasks.count)
        #expect(seconds * rate < 15 + 0.011 * rate)
        #expect(tasks.contains { $0.milliseconds >= 1_000 } && tasks.contains { $0.milliseconds <= 20 })
    }

    @Test(arguments: ["", "1", "1 2 3", "a 1", "1 -1", "1 60001", "\u{FF}"]) func `of other payloads there are none`(payload: String) {
        #expect(throws: TaskError.self) { try NumberedTask(payload: Data(payload.utf8)) }
    }
}
