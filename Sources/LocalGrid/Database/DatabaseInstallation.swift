import Foundation

/// The PostgreSQL that a private database is.
package struct DatabaseInstallation: Hashable, Sendable {
    /// The folder of its programs.
    let programs: String

    /// Finds one.
    ///
    /// - Parameter folder: the folder of a PostgreSQL, with `bin` in it; nil: that which this machine has installed, the newest of several.
    /// - Throws: `LocalGridError` where there is none.
    package static func find(in folder: String? = nil) throws(LocalGridError) -> DatabaseInstallation {
        if let folder {
            let installation = DatabaseInstallation(programs: "\(URL(filePath: folder).standardizedFileURL.path)/bin")
            guard installation.isWhole else {
                throw LocalGridError(
                    .databaseMissing, "there is no PostgreSQL in \(folder): it has no programs bin/postgres and bin/initdb")
            }
            return installation
        }
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let found = versions.sorted { $0.compare($1, options: .numeric) == .orderedDescending }
            .map { DatabaseInstallation(programs: "\(root)/\($0)/bin") }
        guard let installation = found.first(where: \.isWhole) else {
            throw LocalGridError(
                .databaseMissing, "PostgreSQL is not installed here: install postgresql-15 ('compose/packages.sh postgresql' does)")
        }
        return installation
    }

    package func program(_ name: String) -> String { "\(programs)/\(name)" }

    private var isWhole: Bool { ["postgres", "initdb"].allSatisfy { access(program($0), X_OK) == 0 } }
}
