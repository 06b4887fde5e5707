import Foundation
import ServiceSupport
import TaskGridCore

/// Refuses to start with fewer open files than a command needs: the libraries below end the process without a word where they cannot
/// open one.
enum FileLimit {
    /// For connections, files, signals and what the libraries open.
    private static let own = 48
    /// A service serves HTTP too, with connections of its own.
    private static let service = 192
    /// An event loop has three, for each core.
    private static let ofCore = 4

    /// The open files that a command needs.
    static func needed(servesHTTP: Bool, cores: Int = ProcessInfo.processInfo.activeProcessorCount) -> Int {
        own + ofCore * cores + (servesHTTP ? service : 0)
    }

    /// Raises the limit to what is needed where this user may, and checks it.
    ///
    /// `command`: what is to be run, such as `the dispatcher`.
    static func require(_ command: String, servesHTTP: Bool) throws(Failure) {
        let needed = needed(servesHTTP: servesHTTP)
        OpenFiles.raise(to: max(needed, 4096))
        let limit = OpenFiles.limit
        guard limit < needed else { return }
        throw Failure(
            .failed,
            "\(command) needs \(needed) open files and may have \(limit): raise the limit, as with 'ulimit -n \(max(1024, needed))'"
        )
    }
}
