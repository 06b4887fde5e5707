import TaskGridClient
import TaskGridCore

/// The types that a grid knows: what a command says of one that it does not.
struct KnownTypes {
    /// The most that an error names.
    private static let maximumNamed = 20

    let types: Set<TaskType>

    init(_ types: some Sequence<TaskType>) {
        self.types = Set(types)
    }

    /// Those of the dispatcher, and those that workers serve.
    init(_ client: GridClient) async throws {
        self.init(try await client.counts(), try await client.workers())
    }

    init(_ counts: [TaskType: TaskCounts], _ workers: [LiveWorker]) {
        self.init(Array(counts.keys) + workers.flatMap(\.worker.types))
    }

    /// - Throws: `Failure` that lists the types, where `type` is none of them.
    func check(_ type: TaskType?) throws(Failure) {
        if let type, !types.contains(type) { throw failure(type) }
    }

    /// The message about a type that the dispatcher does not know.
    func failure(_ type: TaskType) -> Failure {
        let known = types.filter { $0 != type }.map(\.name)
        return Failure(.unknown, "the grid knows no type '\(type)': \(list(without: type))\(known.suggestion(for: type.name))")
    }

    /// Names the one that may be meant by a type that is none of them, to follow an error that says so.
    func suggestion(for type: TaskType) -> String {
        types.contains(type) ? "" : types.map(\.name).suggestion(for: type.name)
    }

    /// All of them in a sentence.
    private func list(without type: TaskType) -> String {
        let names = types.filter { $0 != type }.map(\.name).sorted()
        guard !names.isEmpty else { return "it knows none yet; start a worker, as with 'taskgrid worker reverse'" }
        let more = names.count > Self.maximumNamed ? " and \(names.count - Self.maximumNamed) more" : ""
        return "it knows \(names.prefix(Self.maximumNamed).joined(separator: ", "))\(more)"
    }
}
