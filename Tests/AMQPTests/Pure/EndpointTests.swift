import AMQP
import Testing

@Suite("A broker's URL")
struct EndpointTests {
    @Test func `everything but the scheme has a default`() throws {
        for url in [
            "amqp://", "amqp:///", "amqp://localhost", "AMQP://localhost:5672/", "amqp://guest:guest@localhost:5672/%2F?heartbeat=10",
        ] {
            #expect(try Endpoint(url: url) == Endpoint(), "\(url)")
        }
        #expect(try Endpoint(url: "amqps://h") == Endpoint(host: "h", port: 5671, isSecure: true))
    }

    @Test func `every part is read, and percent-encoding undone`() throws {
        let endpoint = try Endpoint(url: "amqp://us%40er:p%40ss%3A%2F%25%20w@broker.example:5673/a%2Fb%20c?heartbeat=3600&other=1")
        #expect(
            endpoint
                == Endpoint(
                    host: "broker.example", port: 5673, virtualHost: "a/b c", user: "us@er", password: "p@ss:/% w", heartbeat: 3600
                )
        )
        #expect(try Endpoint(url: "amqp://[::1]:1/v").host == "::1")
        #expect(try Endpoint(url: "amqp://u:@h").password == "")
        #expect(try Endpoint(url: "amqp://h/%2F").virtualHost == "/")
        #expect(try Endpoint(url: "amqp://h/é").virtualHost == "é")
    }

    @Test(arguments: [
        "", "localhost", "amqp:localhost", "http://u:SECRET@h", "u:SECRET@h:5672", "amqp://u:SECRET@h:0", "amqp://u:SECRET@h:65536",
        "amqp://u:SECRET@h:port", "amqp://u:SECRET@h:-1", "amqp://u:SEC/RET@h", "amqp://u:SECRET@h/a/b", "amqp://u:SECRET@h//",
        "amqp://u:SECRET@h?heartbeat=0", "amqp://u:SECRET@h?heartbeat=3601", "amqp://u:SECRET@h?heartbeat=x",
        "amqp://u:SECRET@h?heartbeat",
        "amqp://u:SECRET%FF@h", "amqp://u%FF:SECRET@h", "amqp://u:SECRET@h/%FF", "amqp://u:SECRET%00@h", "amqp://u:SECRET@h/%00",
        "amqp://u:SECRET/SECRET@h", "amqp://u:5672/SECRET@h:5672/v", "amqp://u:5672#SECRET@h", "amqp://u:5672?SECRET@h",
        "amqp://u:SECRET@SECRET@h", "amqps://u:SEC/RET?@h",
    ])
    func `a bad one is refused, and the error never holds the password`(url: String) {
        let error = #expect(throws: AMQPError.self) { try Endpoint(url: url) }
        #expect(error?.code == .badURL)
        #expect(error.map { "\($0) \(String(reflecting: $0))" }?.contains("SEC") == false)
        #expect(error?.message.contains("RET") == false)
    }

    @Test func `its description is a URL without the password, which reads back to the same place`() throws {
        for url in ["amqp://u:SECRET@h", "amqps://u:SECRET@[::1]:7/v", "amqp://u:SECRET@h:1/v?heartbeat=5"] {
            let endpoint = try Endpoint(url: url)
            #expect(!"\(endpoint) \(String(reflecting: endpoint)) \([endpoint])".contains("SECRET"))
            let again = try Endpoint(url: endpoint.description)
            #expect((again.host, again.port, again.user) == (endpoint.host, endpoint.port, endpoint.user))
            #expect((again.virtualHost, again.isSecure) == (endpoint.virtualHost, endpoint.isSecure))
        }
        #expect("\(Endpoint())" == "amqp://guest@localhost:5672")
    }
}
