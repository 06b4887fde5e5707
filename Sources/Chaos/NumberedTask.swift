package import Foundation
package import TaskGridCore

/// A task of a chaos run: its number and how long it runs. Its result is a function of both.
package struct NumberedTask: Hashable, Sendable {
    package static let type = TaskType(literal: "chaos")

    package let number: Int
    /// How long an attempt runs, in milliseconds.
    package let milliseconds: Int
    /// Its result is larger than the broker takes.
    package var isLarge = false

    package init(number: Int, milliseconds: Int) {
        self.number = number
        self.milliseconds = milliseconds
    }

    /// The task of a number: most are short, some run for seconds, so that faults hit them while they run.
    ///
    /// `rate` is in tasks a second: the long tasks keep some twelve slots busy at any rate.
    package init(number: Int, seed: UInt64, rate: Double) {
        var generator = SplitMix64(seed: seed ^ UInt64(truncatingIfNeeded: number) &* 0xD129_0D3E_9A1B_73C5)
        let share = Double.random(in: 0..<1, using: &generator)
        let long = min(0.05, 4 / rate)
        let medium = min(0.15, 20 / rate)
        let range = share < long ? 1_000...3_000 : share < long + medium ? 50...300 : 1...20
        self.init(number: number, milliseconds: .random(in: range, using: &generator))
    }

    package var payload: Data { Data("\(number) \(milliseconds)\(isLarge ? " large" : "")".utf8) }

    /// The result that a worker has to return.
    package var answer: Data {
        var generator = SplitMix64(seed: UInt64(truncatingIfNeeded: number) << 16 ^ UInt64(truncatingIfNeeded: milliseconds))
        return Data("\(number) \(String(generator.next(), radix: 16))".utf8)
    }

    /// Reads a payload.
    package init(payload: Data) throws(TaskError) {
        let parts = String(decoding: payload, as: UTF8.self).split(separator: " ")
        guard parts.count == 2 || parts.count == 3 && parts[2] == "large", let number = Int(parts[0]), let milliseconds = Int(parts[1]),
            (0...60_000).contains(milliseconds)
        else {
            throw TaskError(.invalidInput, "the payload is no number and run time, as 'taskgrid chaos' writes them")
        }
        self.init(number: number, milliseconds: milliseconds)
        isLarge = parts.count == 3
    }
}
