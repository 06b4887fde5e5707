package import TaskGridCore
package import TaskGridWorker

/// `hello straße` → `HELLO STRASSE`: Unicode's full case mapping, of no particular language.
package struct Upper: TaskWorker {
    package let definition = TaskDefinition<String, String>("upper")

    package init() {}

    package func run(_ input: String, context: TaskContext) async throws -> String {
        var upper = ""
        var rest = input[...]
        // In parts, between which it heeds a cancellation: the upper case of a code point does not depend on its neighbours.
        while !rest.isEmpty {
            try Task.checkCancellation()
            let end = rest.unicodeScalars.index(rest.startIndex, offsetBy: 1 << 16, limitedBy: rest.endIndex) ?? rest.endIndex
            upper += rest[..<end].uppercased()
            rest = rest[end...]
        }
        return upper
    }
}
