import Foundation
import ServiceSupport

/// When a process counts as ready.
package enum Readiness: Sendable {
    /// As soon as it runs.
    case started
    /// Once it has made this file; one left from an earlier run is removed before it starts.
    case file(String)
    /// The same, or once it has stood by for some seconds, which it says by the file beside it: it waits for another one as long as that takes.
    case fileOrStandby(String)
    /// Once the probe says so. It is asked again and again, and must answer within a second or two.
    case probe(@Sendable () async -> Bool)

    func reset() {
        for path in files { unlink(path) }
    }

    var isReached: Bool {
        get async {
            switch self {
            case .started: true
            case .file, .fileOrStandby: files.contains { access($0, F_OK) == 0 }
            case .probe(let probe): await probe()
            }
        }
    }

    private var files: [String] {
        switch self {
        case .file(let path): [path]
        case .fileOrStandby(let path): [path, ReadyFile.standby(of: path)]
        case .started, .probe: []
        }
    }
}
