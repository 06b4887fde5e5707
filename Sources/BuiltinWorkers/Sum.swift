package import Foundation
package import TaskGridCore
package import TaskGridWorker

/// `[1,2,3]` → `6`: the exact sum of a JSON array of numbers, in plain notation.
///
/// Nothing is rounded: integers may have any size and `[0.1,0.2]` is `0.3`. A number has at most
/// `NumberArray.maximumDigits` digits, and an exponent of at most `NumberArray.maximumExponent` either way.
package struct Sum: TaskWorker {
    package let definition = TaskDefinition<Data, String>("sum")

    package init() {}

    /// - Throws: `invalidInput`, which names the element that is no number or the place that is no JSON.
    package func run(_ input: Data, context: TaskContext) async throws -> String {
        try input.withUnsafeBytes { bytes in
            var numbers = NumberArray(bytes)
            var sum = ExactSum()
            var count = 0
            while let number = try numbers.next() {
                if count.isMultiple(of: 256) { try Task.checkCancellation() }
                count += 1
                sum.add(number)
            }
            return try sum.total().description
        }
    }
}
