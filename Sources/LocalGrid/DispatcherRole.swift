import Foundation

/// The part that one of several dispatcher processes has.
package enum DispatcherRole: Hashable, Sendable {
    case active, standby
}

extension LocalGrid {
    /// The part that one of several dispatchers has now, as far as their ready files tell; nil: they do not, or there is one alone.
    ///
    /// A dispatcher makes its file when it becomes the active one, and removes that of an earlier run when it starts. One that was replaced
    /// while it ran keeps its file, so two files tell nothing.
    package func role(ofDispatcher process: String) -> DispatcherRole? {
        let dispatchers = configuration.services?.dispatcherProcesses ?? []
        guard dispatchers.count > 1, dispatchers.contains(process) else { return nil }
        let wereActive = dispatchers.filter { FileManager.default.fileExists(atPath: configuration.folder.readyFile(of: $0)) }
        guard wereActive.contains(process) else { return .standby }
        return wereActive.count == 1 ? .active : nil
    }
}
