import Foundation

/// When a process counts as ready.
package enum Readiness: Sendable {
    /// As soon as it runs.
    case started
    /// Once it has made this file; one left from an earlier run is removed before it starts.
    case file(String)
    /// Once the probe says so. It is asked again and again, and must answer within a second or two.
    case probe(@Sendable () async -> Bool)

    func reset() {
        if case .file(let path) = self { unlink(path) }
    }

    var isReached: Bool {
        get async {
            switch self {
            case .started: true
            case .file(let path): access(path, F_OK) == 0
            case .probe(let probe): await probe()
            }
        }
    }
}
