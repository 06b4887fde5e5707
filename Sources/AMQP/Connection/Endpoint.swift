import Foundation

/// The address of a broker and the user of a connection: the content of an AMQP URL.
///
/// `amqp://user:password@host:port/vhost?heartbeat=10` — everything but the scheme has a default: `guest`, `guest`,
/// `localhost`, 5672, `/`, 10 seconds. Characters that a URL reserves are percent-encoded; the virtual host `/` may be
/// left out. (RabbitMQ URI Specification.)
public struct Endpoint: Hashable, Sendable {
    public var host: String
    public var port: Int
    public var virtualHost: String
    public var user: String
    public var password: String
    /// The longest silence on the connection, in seconds: after two such intervals it counts as lost.
    public var heartbeat: Int
    /// `amqps`: TLS.
    public var isSecure: Bool

    public init(
        host: String = "localhost", port: Int = 5672, virtualHost: String = "/", user: String = "guest",
        password: String = "guest", heartbeat: Int = 10, isSecure: Bool = false
    ) {
        self.host = host
        self.port = port
        self.virtualHost = virtualHost
        self.user = user
        self.password = password
        self.heartbeat = heartbeat
        self.isSecure = isSecure
    }

    /// - Throws: `badURL`, which says what is wrong and never repeats the password.
    public init(url: String) throws(AMQPError) {
        guard let components = URLComponents(string: url), let scheme = components.scheme?.lowercased() else {
            throw AMQPError(.badURL, "the broker's URL cannot be read; it looks like amqp://user:password@host:5672/vhost")
        }
        guard scheme == "amqp" || scheme == "amqps", components.percentEncodedPath.first ?? "/" == "/" else {
            throw AMQPError(.badURL, "the broker's URL starts with '\(scheme):'; it must be amqp:// or amqps://")
        }
        // A '/' in a password would end it, and its rest be shown as a virtual host.
        let rest = url.dropFirst(scheme.count + 1).drop { $0 == "/" }
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !rest.dropFirst(authority.count).contains("@"), authority.count(where: { $0 == "@" }) <= 1 else {
            throw AMQPError(
                .badURL,
                "the broker's URL has an '@' too many: in a user, password or virtual host '/' is written %2F, '?' %3F, '#' %23 and '@' %40"
            )
        }
        // A part that cannot be decoded would be taken for missing, and a default used instead.
        let isDecodable =
            (components.user != nil || components.percentEncodedUser == nil)
            && (components.password != nil || components.percentEncodedPassword == nil)
            && (!components.path.isEmpty || components.percentEncodedPath.isEmpty)
        guard isDecodable else {
            throw AMQPError(.badURL, "the broker's URL has percent-encoded bytes that are not UTF-8")
        }
        self.init(isSecure: scheme == "amqps")
        if let host = components.host, !host.isEmpty {
            self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        }
        port = components.port ?? (isSecure ? 5671 : 5672)
        guard (1...65535).contains(port) else { throw AMQPError(.badURL, "the broker's URL names port \(port); 1 to 65535") }
        if let user = components.user { self.user = user }
        if let password = components.password { self.password = password }
        let path = components.path.dropFirst()
        if !path.isEmpty {
            guard !path.contains("/") || components.percentEncodedPath.dropFirst().allSatisfy({ $0 != "/" }) else {
                throw AMQPError(.badURL, "the broker's URL names a virtual host with a bare '/'; write it as %2F")
            }
            virtualHost = String(path)
        }
        for item in components.queryItems ?? [] where item.name == "heartbeat" {
            guard let value = item.value.flatMap(Int.init), (1...3600).contains(value) else {
                throw AMQPError(.badURL, "the broker's URL has heartbeat=\(item.value ?? ""); 1 to 3600 seconds")
            }
            heartbeat = value
        }
        guard !user.utf8.contains(0), !password.utf8.contains(0), !virtualHost.utf8.contains(0) else {
            throw AMQPError(.badURL, "the broker's URL holds a zero byte")
        }
    }
}

extension Endpoint: CustomStringConvertible {
    /// The URL without the password, fit for logs.
    public var description: String {
        let path = virtualHost == "/" ? "" : "/\(virtualHost)"
        return "\(isSecure ? "amqps" : "amqp")://\(user)@\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
    }
}
