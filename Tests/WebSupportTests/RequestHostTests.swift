import Hummingbird
import TestSupport
import Testing

@testable import WebSupport

/// Requests on real sockets, as no library writes them.
@Suite(.timeLimit(.minutes(1))) struct RequestHostTests {
    @Test(arguments: [
        ("/x HTTP/1.1", ["Host: localhost"], 200),
        ("/x HTTP/1.1", [], 400),
        ("/x HTTP/1.1", ["Host:"], 400),
        ("/x HTTP/1.0", [], 200),
        ("/x HTTP/1.1", ["Host: evil.example"], 421),
        ("http://localhost:80/x HTTP/1.1", ["Host: localhost"], 200),
        ("http://evil.example/x HTTP/1.1", ["Host: localhost"], 421),
        ("http://evil.example/x HTTP/1.0", [], 421),
        ("http://localhost@evil.example/x HTTP/1.1", ["Host: localhost"], 421),
        ("http://evil.example?http://localhost/x HTTP/1.1", ["Host: localhost"], 421),
        ("http://localhost/x HTTP/1.1", ["Host: evil.example"], 421),
        ("http://localhost/x HTTP/1.1", [], 400),
        ("/x HTTP/1.1", ["Host: localhost", "Host: evil.example"], 421),
    ])
    func `a request has to name a host of ours, by its header and by an absolute URI`(
        target: String, headers: [String], status: Int
    ) async throws {
        let route = Route(.get, "/x", id: "x", summary: "", access: .open, content: .text([])) { _ in .json(["well": true]) }
        try await withPort { onListening in
            WebServer(
                [route], host: "127.0.0.1", port: 0, hosts: AllowedHosts([], key: "hosts"), of: "the test", logger: .silent,
                onListening: onListening)
        } _: { port in
            let wire = try await HTTPWire.open(port)
            try wire.send((["GET \(target)"] + headers + ["", ""]).joined(separator: "\r\n"))
            #expect(await wire.status() == status)
        }
    }
}
