import Foundation
import NIOCore
import NIOPosix

/// An HTTP server on this machine that answers one request.
enum OneRequest {
    /// Runs `body` with the server's port.
    ///
    /// - Parameter answer: the whole answer.
    /// - Returns: the request as it came, and what `body` returns or throws.
    static func answered<Value: Sendable>(
        with answer: String, _ body: (Int) async throws -> Value
    ) async throws -> (request: String, result: Result<Value, any Error>) {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        let port = server.channel.localAddress?.port ?? 0
        async let request = server.executeThenClose { connections in
            for try await connection in connections { return try await exchange(connection, answer) }
            return ""
        }
        let result: Result<Value, any Error>
        do { result = .success(try await body(port)) } catch { result = .failure(error) }
        return (try await request, result)
    }

    private static func exchange(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ answer: String) async throws -> String {
        try await connection.executeThenClose { inbound, outbound in
            var text = ""
            for try await bytes in inbound {
                text += String(buffer: bytes)
                guard isWhole(text) else { continue }
                try await outbound.write(ByteBuffer(string: answer))
                return text
            }
            return text
        }
    }

    private static func isWhole(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let size = text.firstMatch(of: /Content-Length: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
        return text[end.upperBound...].utf8.count >= size
    }

    /// A port where nobody listens.
    static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }
}
