public import TaskGridCore
public import TaskGridWorker

/// `hello straße` → `HELLO STRASSE`: Unicode's full case mapping, of no particular language.
public struct Upper: TaskWorker {
    public let type = TaskType(literal: "upper")

    public init() {}

    public func run(_ input: String, context: TaskContext) async throws -> String {
        input.uppercased()
    }
}
