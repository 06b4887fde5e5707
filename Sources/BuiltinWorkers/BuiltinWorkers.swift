import TaskGridCore
package import TaskGridWorker

/// The workers that come with the grid: small, useful to try it, and examples of how one is written.
///
/// The command runs them by name; nothing else calls this module.
package enum BuiltinWorkers {
    /// One of each.
    package static var all: [any TaskWorker] { [Reverse(), Sum(), Hash(), Upper(), Wait()] }

    /// The names, in the order of `all`.
    package static var names: [String] { all.map(\.type.name) }

    /// The worker of a name; nil where there is none.
    package static func make(named name: String) -> (any TaskWorker)? { all.first { $0.type.name == name } }
}
