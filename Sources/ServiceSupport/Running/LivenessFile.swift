import Foundation
package import Logging
import ServiceLifecycle

/// A file that is written anew every few seconds while its service is healthy: for whoever can look at a file, but asks no `/healthz`.
/// One that is older than ``limit`` is that of a service that is stuck, cut off or gone.
package struct LivenessFile: Service {
    /// How often the service's health is looked at.
    package static let interval = Duration.seconds(5)
    /// The age of a file at which its service counts as dead.
    package static let limit = Duration.seconds(15)

    private let path: String
    private let vitals: Vitals
    private let logger: Logger
    private let sleep: @Sendable () async throws -> Void

    package init(
        path: String, vitals: Vitals, logger: Logger,
        sleep: @escaping @Sendable () async throws -> Void = { try await Task.sleep(for: interval) }
    ) {
        self.path = path
        self.vitals = vitals
        self.logger = logger
        self.sleep = sleep
    }

    /// Writes until a graceful shutdown, or until the task is cancelled; then takes the file away.
    package func run() async throws {
        defer { unlink(path) }
        try? await cancelWhenGracefulShutdown {
            var wasHealthy = true
            while true {
                let reasons = vitals.report(service: "", id: "").reasons
                if reasons.isEmpty { write() }
                if wasHealthy != reasons.isEmpty {
                    wasHealthy = reasons.isEmpty
                    if !wasHealthy {
                        logger.warning(
                            "service is not healthy, its liveness file ages",
                            metadata: [LogKey.reason: "\(reasons.joined(separator: "; "))"])
                    }
                }
                try await sleep()
            }
        }
    }

    private func write() {
        guard FileManager.default.createFile(atPath: path, contents: Data("\(getpid())\n".utf8)) else {
            logger.error(
                "the liveness file cannot be written",
                metadata: [LogKey.livenessFile: "\(path)", LogKey.error: "\(String(cString: strerror(errno)))"]
            )
            return
        }
    }
}
