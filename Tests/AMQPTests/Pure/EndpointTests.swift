import Testing

@testable import AMQP

@Suite("A broker's URL")
struct EndpointTests {
    @Test func `everything but the scheme has a default`() throws {
        for url in [
            "amqp://", "amqp:///", "amqp://localhost", "AMQP://localhost:5672/", "amqp://guest:guest@localhost:5672/%2F?heartbeat=10",
        ] {
            #expect(try Endpoint(url: url) == Endpoint(), "\(url)")
        }
        #expect(try Endpoint(url: "amqps://h") == Endpoint(host: "h", port: 5671, tls: TLSSettings()))
        #expect(try Endpoint(url: "amqps://a,b:7").addresses == [.init(host: "a", port: 5671), .init(host: "b", port: 7)])
    }

    @Test func `every part is read, and percent-encoding undone`() throws {
        let endpoint = try Endpoint(url: "amqp://us%40er:p%40ss%3A%2F%25%20w@broker.example:5673/a%2Fb%20c?heartbeat=3600")
        #expect(
            endpoint
                == Endpoint(
                    host: "broker.example", port: 5673, virtualHost: "a/b c", user: "us@er", password: "p@ss:/% w", heartbeat: 3600
                )
        )
        #expect(try Endpoint(url: "amqp://[::1]:1/v").addresses == [.init(host: "::1", port: 1)])
        #expect(try Endpoint(url: "amqp://u:@h").password == "")
        #expect(try Endpoint(url: "amqp://u,s:p,w@h").password == "p,w" && Endpoint(url: "amqp://u%2Cs:p%2Cw@h,i").user == "u,s")
        #expect(try Endpoint(url: "amqp://h/%2F").virtualHost == "/")
        #expect(try Endpoint(url: "amqp://h/é").virtualHost == "é")
    }

    @Test(arguments: [
        "amqp://u:p@a,b:5673,[::1]/v", "amqp://u:p@a/v,amqp://u:p@b:5673/v,amqp://u:p@[::1]/v", "amqp://u:p@a,b:5673/v, AMQP://u:p@[::1]/v",
    ])
    func `the nodes of a cluster stand in one URL, or in one each`(url: String) throws {
        let endpoint = try Endpoint(url: url)
        #expect(endpoint.addresses == [.init(host: "a"), .init(host: "b", port: 5673), .init(host: "::1")])
        #expect((endpoint.user, endpoint.password, endpoint.virtualHost) == ("u", "p", "v"))
        #expect("\(endpoint)" == "amqp://u@a:5672,b:5673,[::1]:5672/v")
    }

    @Test(arguments: [
        "amqp://u:SECRET@a,/v", "amqp://u:SECRET@,a/v", "amqp://u:SECRET@a,,b/v", "amqp://u:SECRET@a,b:0", "amqp://u:SECRET@a,b:x",
        "amqp://u:SECRET@a,a:5672", "amqp://u:SECRET@a,u:SECRET@b", "amqp://u:SECRET@a/v,amqp://u:SECRET@a/v",
        "amqp://u:SECRET@a/v,amqp://u:SECRETS@b/v", "amqp://u:SECRET@a/v,amqp://u:SECRET@b/w", "amqp://u:SECRET@a,amqps://u:SECRET@b",
        "", "localhost", "amqp:localhost", "http://u:SECRET@h", "u:SECRET@h:5672", "amqp://u:SECRET@h:0", "amqp://u:SECRET@h:65536",
        "amqp://u:SECRET@h:port", "amqp://u:SECRET@h:-1", "amqp://u:SEC/RET@h", "amqp://u:SECRET@h/a/b", "amqp://u:SECRET@h//",
        "amqp://u:SECRET@h?heartbeat=0", "amqp://u:SECRET@h?heartbeat=3601", "amqp://u:SECRET@h?heartbeat=x",
        "amqp://u:SECRET@h?heartbeat",
        "amqp://u:SECRET%FF@h", "amqp://u%FF:SECRET@h", "amqp://u:SECRET@h/%FF", "amqp://u:SECRET%00@h", "amqp://u:SECRET@h/%00",
        "amqp://u:SECRET/SECRET@h", "amqp://u:5672/SECRET@h:5672/v", "amqp://u:5672#SECRET@h", "amqp://u:5672?SECRET@h",
        "amqp://u:SECRET@SECRET@h", "amqps://u:SEC/RET?@h", "amqp:/u:SECRET@h", "amqps:/u:SECRET@h/v", "amqp:///u:SECRET@h",
        "amqp:////u:SECRET@h", "amqp:/h", "amqp:",
        "amqp://u%zz:SECRET@h", "amqp://u:SECRET%@h", "amqp://u:SECRET@h/%4", "amqp://u:SECRET@h?foo=1",
        "amqp://u:SECRET@h?heartbeat=10&SECRET=1", "amqp://u:SECRET@h#SECRET", "amqp://u:SECRET@h/v#",
    ])
    func `a bad one is refused, and the error never holds the password`(url: String) {
        let error = #expect(throws: AMQPError.self) { try Endpoint(url: url) }
        #expect(error?.code == .badURL)
        #expect(error.map { "\($0) \(String(reflecting: $0))" }?.contains("SEC") == false)
        #expect(error?.message.contains("RET") == false)
    }

    @Test(arguments: ["amqp://u:SEC/RET@h", "amqp://u:SEC?RET@h", "amqp://u:SEC#RET@h", "amqp://u:12/34@h", "amqp://u:SEC@RET@h"])
    func `a character in a password that ends it is refused with how it is written`(url: String) {
        let error = #expect(throws: AMQPError.self) { try Endpoint(url: url) }
        #expect(error?.message.contains("'/' is written %2F, '?' %3F, '#' %23 and '@' %40") == true, "\(error?.message ?? "")")
    }

    @Test func `settings of TLS are for amqps:// alone, in each URL of a list`() throws {
        let tls = TLSSettings(ca: "/ca.pem", serverName: "broker")
        #expect(try Endpoint(url: "amqps://a", tls: tls).tls == tls)
        #expect(try Endpoint(url: "amqps://a,amqps://b", tls: tls).tls == tls)
        for url in ["amqp://a", "amqp://a,amqp://b"] {
            let error = #expect(throws: AMQPError.self) { try Endpoint(url: url, tls: tls) }
            #expect(error?.code == .badURL && error?.message.contains("begin it with amqps://") == true)
        }
        let error = #expect(throws: AMQPError.self) { try Endpoint(url: "amqps://a", tls: TLSSettings(key: "/key.pem")) }
        #expect(error?.message.contains("no client certificate") == true)
    }

    @Test func `a client certificate is the login of a URL without a password`() throws {
        let tls = TLSSettings(certificate: "/no/certificate.pem", key: "/key.pem")
        let named = try Endpoint(url: "amqps://worker@a", tls: tls)
        #expect(named.logsInByCertificate && named.user == "worker" && named.password.isEmpty)
        let password = try Endpoint(url: "amqps://worker:secret@a", tls: tls)
        #expect(!password.logsInByCertificate && password.password == "secret")
        #expect(try !Endpoint(url: "amqps://worker@a").logsInByCertificate)
        // Only a URL without a user needs the file.
        let error = #expect(throws: AMQPError.self) { try Endpoint(url: "amqps://a", tls: tls) }
        #expect(error?.code == .tlsRefused)
        #expect(error?.message.contains("/no/certificate.pem cannot be read (No such file or directory)") == true)
    }

    @Test func `a login that is refused is told with what to check, and what is special about guest`() {
        #expect(Endpoint(user: "me").loginAdvice == "check the user and the password in the broker's URL")
        #expect(Endpoint().loginAdvice.hasSuffix("RabbitMQ takes the user guest from the broker's own machine alone"))
    }

    @Test func `its description is a URL without the password, which reads back to the same place`() throws {
        for url in [
            "amqp://u:SECRET@h", "amqps://u:SECRET@[::1]:7/v", "amqp://u:SECRET@h:1/v?heartbeat=5",
            "amqp://u:SECRET@a,b:7,[::1]:9/v", "amqp://u:SECRET@h/%2Ft%2Fv%20%25x", "amqp://us%2Fer%40:SECRET@h/%C3%A9",
        ] {
            let endpoint = try Endpoint(url: url)
            #expect(!"\(endpoint) \(String(reflecting: endpoint)) \([endpoint])".contains("SECRET"))
            let again = try Endpoint(url: endpoint.description)
            #expect((again.addresses, again.user) == (endpoint.addresses, endpoint.user))
            #expect((again.virtualHost, again.tls) == (endpoint.virtualHost, endpoint.tls))
        }
        #expect("\(Endpoint())" == "amqp://guest@localhost:5672")
        #expect("\(Endpoint(virtualHost: "/t/v %x", user: "a@b"))" == "amqp://a%40b@localhost:5672/%2Ft%2Fv%20%25x")
    }
}
