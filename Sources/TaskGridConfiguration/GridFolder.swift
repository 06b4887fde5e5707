import Foundation

/// The folder that holds all a grid on this machine keeps: its store, broker, logs and what others need to reach it.
///
/// ```
/// lock           held while a grid runs
/// grid.json      how to reach the running grid (``GridFile``)
/// store.sqlite   the tasks
/// history.sqlite what the monitor remembers
/// token          the monitor's, where none is configured
/// audit.jsonl    the actions that the monitor was asked for
/// logs/          a file for each process
/// ready/         a file for each process that is ready
/// broker/        the private RabbitMQ's own
/// database/      the private PostgreSQL's own
/// tls/           the grid's own certificates, where it speaks TLS
/// ```
///
/// Only its owner may enter it.
package struct GridFolder: Hashable, Sendable {
    /// The folder's absolute path.
    package let path: String

    /// - Parameter path: absolute, or relative to the current folder; a leading `~` is the user's home.
    package init(_ path: String) {
        self.path = URL(fileURLWithPath: (path as NSString).expandingTildeInPath).standardizedFileURL.path
    }

    /// `$XDG_STATE_HOME/taskgrid`, or `~/.local/state/taskgrid`.
    package static func standard() -> GridFolder { standard(environment: ProcessInfo.processInfo.environment) }

    package static func standard(environment: [String: String]) -> GridFolder {
        // The XDG base directory specification ignores a relative path.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return GridFolder("\(state)/taskgrid") }
        // As a shell's `~`; Foundation asks the user database alone.
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()
        return GridFolder("\(home)/.local/state/taskgrid")
    }

    /// A command for a shell with the option that names this folder, where it is not the standard one.
    package func command(_ words: String) -> String {
        self == .standard() ? words : "\(words) --grid \(ShellWord(path: path))"
    }

    package var store: String { "\(path)/store.sqlite" }
    /// How to reach the grid that runs in it.
    package var gridFile: String { "\(path)/grid.json" }
}
