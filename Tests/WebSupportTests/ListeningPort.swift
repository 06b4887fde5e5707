@testable import WebSupport

/// Runs a server beside `body`, which gets its port.
///
/// - Parameters:
///   - make: makes the server, which tells its port when it listens.
///   - body: what is to be done meanwhile.
func withPort(
    of make: (@escaping @Sendable (Int) -> Void) -> WebServer, _ body: (Int) async throws -> Void
) async throws {
    let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let server = make { port.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { port.finish() }
            try await server.run()
        }
        if let port = await ports.first(where: { _ in true }) { try await body(port) }
        tasks.cancelAll()
        try await tasks.waitForAll()
    }
}
