import Foundation
package import Logging

/// A file that a service makes when it is connected and consumes, for the process that started it; gone before it starts anew. One that stands
/// by has another file beside it.
package struct ReadyFile: Sendable {
    private let path: String?
    private let logger: Logger

    /// - Parameters:
    ///   - path: the file; nil: none, and the log alone says it.
    ///   - logger: also told when the service is ready.
    package init(path: String?, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// The file of a service that stands by.
    ///
    /// - Parameter path: the file that it makes when it is ready.
    package static func standby(of path: String) -> String { "\(path).standby" }

    /// Takes away what an earlier run has left.
    package func prepare() {
        guard let path else { return }
        unlink(path)
        unlink(Self.standby(of: path))
    }

    package func make() {
        logger.info("ready")
        guard let path else { return }
        make(path)
        unlink(Self.standby(of: path))
    }

    /// The service stands by, because another one is active.
    package func standsBy() {
        logger.info("standing by")
        if let path { make(Self.standby(of: path)) }
    }

    private func make(_ path: String) {
        guard FileManager.default.createFile(atPath: path, contents: Data("\(getpid())\n".utf8)) else {
            logger.error(
                "the ready file cannot be made",
                metadata: [LogKey.readyFile: "\(path)", LogKey.error: "\(String(cString: strerror(errno)))"])
            return
        }
    }
}
