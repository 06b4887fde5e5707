import Logging
import ServiceLifecycle
import TestSupport
import Testing

/// A service that runs beside a test.
struct Running: Sendable {
    private let name: String
    private let group: ServiceGroup
    private let isKilled = Latch()
    private let isOver = Latch()

    init(_ service: some Service, logger: Logger) {
        name = "\(type(of: service))"
        group = ServiceGroup(services: [service], logger: logger)
    }

    /// Runs it until it is stopped, killed, or the task is cancelled.
    func run() async {
        defer { isOver.open() }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                do {
                    try await group.run()
                } catch {
                    if !isKilled.isOpen && !Task.isCancelled { Issue.record(error, "\(name) ended by itself") }
                }
            }
            tasks.addTask { try? await isKilled.wait() }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    /// Tells it to stop in order.
    func tell() async { await group.triggerGracefulShutdown() }

    /// Tells it to stop in order, and waits until it has.
    func stop() async throws {
        await tell()
        try await isOver.wait()
    }

    /// Cancels its task, so that it neither drains nor says goodbye to its tasks, and waits until it is gone.
    func kill() async throws {
        isKilled.open()
        try await isOver.wait()
    }
}
