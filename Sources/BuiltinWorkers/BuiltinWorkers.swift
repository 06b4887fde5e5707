import TaskGridCore
public import TaskGridWorker

/// The workers that come with the grid: small, useful to try it, and examples of how one is written.
///
/// The command runs them by name; nothing else calls this module.
public enum BuiltinWorkers {
    /// One of each.
    public static var all: [any TaskWorker] { Name.allCases.map(\.worker) }

    /// The names, in the order of `all`.
    public static var names: [String] { Name.allCases.map(\.rawValue) }

    /// The worker of a name; nil where there is none.
    public static func make(named name: String) -> (any TaskWorker)? { Name(rawValue: name)?.worker }

    enum Name: String, CaseIterable {
        case reverse, sum, hash, upper, wait

        var worker: any TaskWorker {
            switch self {
            case .reverse: Reverse()
            case .sum: Sum()
            case .hash: Hash()
            case .upper: Upper()
            case .wait: Wait()
            }
        }

        // Proof that this cannot throw: each name is a lower-case word, and a test makes the type of every one.
        var type: TaskType { try! TaskType(rawValue) }
    }
}
