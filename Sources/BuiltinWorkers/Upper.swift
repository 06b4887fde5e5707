package import TaskGridCore
package import TaskGridWorker

/// `hello straße` → `HELLO STRASSE`: Unicode's full case mapping, of no particular language.
package struct Upper: TaskWorker {
    package let type = TaskType(literal: "upper")

    package init() {}

    package func run(_ input: String, context: TaskContext) async throws -> String {
        input.uppercased()
    }
}
