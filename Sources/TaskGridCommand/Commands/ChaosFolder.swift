import Foundation
import TaskGridConfiguration

/// The folder that a chaos run leaves, for those who look for what went wrong.
struct ChaosFolder {
    let folder: GridFolder

    /// The names in it that say something, and what they are.
    private static let parts = [
        ("logs", "a file for each process"),
        ("store.sqlite", "the tasks: 'taskgrid store check' reads it"),
        ("database", "the PostgreSQL that has the tasks"),
        ("executions", "each execution that began: number, task, attempt, process, time"),
        ("broker", "the files of RabbitMQ"),
    ]

    /// Ends the use of the folder: it is removed, unless it was asked for or a run that did not go well has left logs in it.
    ///
    /// - Parameters:
    ///   - isAskedFor: it has to stay in any case.
    ///   - isWell: all promises were kept.
    /// - Returns: what people are told of it.
    func leave(isAskedFor: Bool, isWell: Bool) -> [String] {
        if isAskedFor || !isWell && hasLogs { return isWell ? [] : lines }
        // A folder that cannot be removed stays in the folder of temporary things.
        try? FileManager.default.removeItem(atPath: folder.path)
        return []
    }

    private var hasLogs: Bool { (try? FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/logs"))?.isEmpty == false }

    /// Where it is, and what is in it.
    private var lines: [String] {
        let present = Self.parts.filter { FileManager.default.fileExists(atPath: "\(folder.path)/\($0.0)") }
        let width = present.map(\.0.count).max() ?? 0
        return ["the run's folder is kept until you remove it: \(folder.path)"]
            + present.map { "  \($0.0.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.1)" }
    }
}
