import Foundation
import TestSupport

/// A server that answers whatever it is told with the same bytes, and then closes.
final class NonsenseServer: Sendable {
    private let listener: LoopbackListener

    var port: Int { listener.port }

    init(answer: [UInt8]) throws {
        listener = try LoopbackListener()
        listener.start { client in
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = recv(client, &buffer, buffer.count, 0)
            _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
            close(client)
        }
    }

    func stop() { listener.stop() }
}
