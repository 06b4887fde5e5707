import Foundation

/// The settings file that a program reads.
package enum SettingsFile {
    /// The file that is read where none is named.
    package static let standard = "config/taskgrid.yaml"

    /// The file to read, if there is one.
    package enum Choice: Hashable, Sendable {
        case file(String)
        case none
        /// The standard one is there, but somebody else could have put it there.
        case distrusted(reason: String)
    }

    /// - Parameters:
    ///   - file: the file that the arguments name.
    ///   - environment: the process's, which may name one as `TASKGRID_CONFIG`.
    ///   - standard: the file that is read where none is named, in a folder of its own.
    package static func choice(_ file: String?, environment: [String: String], standard: String = standard) -> Choice {
        if let named = file ?? environment["TASKGRID_CONFIG"].flatMap({ $0.isEmpty ? nil : $0 }) { return .file(named) }
        guard FileManager.default.fileExists(atPath: standard) else { return .none }
        for path in [(standard as NSString).deletingLastPathComponent, standard] {
            if let reason = FileTrust.fault(of: path) {
                return .distrusted(reason: "\(standard) is not used: \(reason); if it is right, name it with --config \(standard)")
            }
        }
        return .file(standard)
    }
}
