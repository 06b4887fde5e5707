package import TaskGridCore

/// How many worker processes of each type a grid starts.
package struct WorkerCounts: Hashable, Sendable {
    /// At most this many processes of one type on one machine.
    package static let maximum = 256

    /// The types that have workers, in the order of their names.
    package var types: [TaskType] { storage.keys.sorted() }

    private var storage: [TaskType: Int]

    package init(_ counts: [TaskType: Int] = [:]) {
        storage = counts.filter { $0.value > 0 }
    }

    package subscript(type: TaskType) -> Int {
        get { storage[type] ?? 0 }
        set { storage[type] = newValue > 0 ? newValue : nil }
    }

    /// All workers together.
    package var total: Int { storage.values.reduce(0, +) }

    /// Every worker: its type, its number among those of the type, counted from 1, and the name of its process.
    package var each: [(type: TaskType, number: Int, process: String)] {
        types.flatMap { type in
            (1...self[type]).map { (type, $0, self[type] == 1 ? "worker-\(type)" : "worker-\(type)-\($0)") }
        }
    }

    /// Applies a text such as `reverse=2,hash=4,wait=0`: each type named gets its count, the others keep theirs.
    ///
    /// - Parameters:
    ///   - text: what to apply.
    ///   - known: the types that can be named: those whose workers can be started.
    /// - Throws: `LocalGridError` naming the part of the text that is wrong.
    package mutating func apply(_ text: String, known: [TaskType]) throws(LocalGridError) {
        var named: Set<TaskType> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2, let count = Int(pair[1]), (0...Self.maximum).contains(count) else {
                throw LocalGridError(
                    .configuration,
                    "'\(part)' is no number of workers: write TYPE=COUNT, COUNT from 0 to \(Self.maximum), as in reverse=2,hash=4"
                )
            }
            let type: TaskType
            do throws(InvalidTaskType) {
                type = try TaskType(String(pair[0]))
            } catch {
                throw LocalGridError(.configuration, error.description)
            }
            guard known.contains(type) else {
                throw LocalGridError(
                    .configuration,
                    "no worker of type '\(type)' comes with the grid: it has \(known.map(\.name).joined(separator: ", ")); "
                        + "a worker of your own is a program of its own, which joins the grid when you start it"
                        + known.map(\.name).suggestion(for: type.name)
                )
            }
            guard named.insert(type).inserted else {
                throw LocalGridError(.configuration, "'\(type)' has two numbers of workers: give it one")
            }
            self[type] = count
        }
    }
}
