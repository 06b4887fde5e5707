import Foundation

/// The addresses of a broker and the user of a connection: the content of an AMQP URL.
///
/// `amqp://user:password@host:port/vhost?heartbeat=10` — everything but the scheme has a default: `guest`, `guest`,
/// `localhost`, 5672, `/`, 10 seconds. Characters that a URL reserves are percent-encoded; the virtual host `/` may be
/// left out (RabbitMQ URI Specification). The nodes of a cluster are separated by commas, each with its port or without:
/// `amqp://user:password@one,two:5673,three/vhost`; or whole URLs are, which differ in host and port alone.
public struct Endpoint: Hashable, Sendable {
    /// Where one node of a broker listens.
    public struct Address: Hashable, Sendable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int = 5672) {
            self.host = host
            self.port = port
        }
    }

    /// At least one: the nodes of the broker, any of which will do.
    public var addresses: [Address] { willSet { precondition(!newValue.isEmpty, "a broker without an address") } }
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
        addresses = [Address(host: host, port: port)]
        self.virtualHost = virtualHost
        self.user = user
        self.password = password
        self.heartbeat = heartbeat
        self.isSecure = isSecure
    }

    /// How a character is written that would end the part that it stands in.
    private static let encoding = "in a user, password or virtual host '/' is written %2F, '?' %3F, '#' %23 and '@' %40"

    /// - Throws: `badURL`, which says what is wrong and never repeats the password.
    public init(url: String) throws(AMQPError) {
        let urls = Self.urls(in: url)
        if urls.count > 1 {
            self = try Endpoint(urls: urls)
            return
        }
        let (url, others) = Self.separated(url)
        guard let components = URLComponents(string: url), let scheme = components.scheme?.lowercased() else {
            throw AMQPError(
                .badURL, "the broker's URL cannot be read; it looks like amqp://user:password@host:5672/vhost, and \(Self.encoding)")
        }
        guard scheme == "amqp" || scheme == "amqps", components.percentEncodedPath.first ?? "/" == "/" else {
            throw AMQPError(.badURL, "the broker's URL starts with '\(scheme):'; it must be amqp:// or amqps://")
        }
        // Else the host and the password would be taken for a virtual host, and the broker of this machine be meant.
        guard url.dropFirst(scheme.count).hasPrefix("://") else {
            throw AMQPError(.badURL, "the broker's URL has no '//' after '\(scheme):'; it looks like amqp://user:password@host:5672/vhost")
        }
        // A '/' in a password would end it, and its rest be shown as a virtual host.
        let rest = url.dropFirst(scheme.count + 3)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !rest.dropFirst(authority.count).contains("@"), authority.count(where: { $0 == "@" }) <= 1 else {
            throw AMQPError(.badURL, "the broker's URL has an '@' too many: \(Self.encoding)")
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
        guard others.isEmpty || components.host?.isEmpty == false else {
            throw AMQPError(.badURL, "the broker's URL names several hosts, and the first of them is empty; write host or host:port")
        }
        addresses = [try address(components)]
        for other in others {
            guard !other.isEmpty, let components = URLComponents(string: "\(scheme)://\(other)"), components.host?.isEmpty == false else {
                throw AMQPError(.badURL, "the broker's URL names several hosts, and one of them cannot be read; write host or host:port")
            }
            addresses.append(try address(components))
        }
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
        guard Set(addresses).count == addresses.count else {
            throw AMQPError(.badURL, "the broker's URL names the same host twice")
        }
        guard !user.utf8.contains(0), !password.utf8.contains(0), !virtualHost.utf8.contains(0) else {
            throw AMQPError(.badURL, "the broker's URL holds a zero byte")
        }
    }

    private init(urls: [String]) throws(AMQPError) {
        let first = try Endpoint(url: urls[0])
        var endpoints = [first]
        for url in urls.dropFirst() { endpoints.append(try Endpoint(url: url)) }
        for other in endpoints {
            guard first.at(other.addresses[0]) == other.at(other.addresses[0]) else {
                throw AMQPError(
                    .badURL, "the URLs of a broker's nodes differ in more than host and port: they need one user and virtual host")
            }
        }
        self = first
        addresses = endpoints.flatMap(\.addresses)
        guard Set(addresses).count == addresses.count else {
            throw AMQPError(.badURL, "the broker's URLs name the same host twice")
        }
    }

    /// The URLs in a list of them.
    private static func urls(in text: String) -> [String] {
        var urls: [String] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let start = part.drop { $0 == " " }
            let isURL = ["amqp://", "amqps://"].contains { start.lowercased().hasPrefix($0) }
            if isURL || urls.isEmpty { urls.append(String(start)) } else { urls[urls.count - 1] += ",\(part)" }
        }
        return urls
    }

    /// The same with this one address.
    func at(_ address: Address) -> Endpoint {
        var endpoint = self
        endpoint.addresses = [address]
        return endpoint
    }

    /// The URL with the first of its hosts alone, and the others.
    private static func separated(_ url: String) -> (url: String, others: [Substring]) {
        guard let scheme = url.range(of: "://") else { return (url, []) }
        let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let hosts = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let parts = hosts.split(separator: ",", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count > 1 else { return (url, []) }
        return (String(url[..<first.endIndex]) + String(url[hosts.endIndex...]), Array(parts.dropFirst()))
    }

    /// What to do about a login that the broker refused.
    var loginAdvice: String {
        let guest = user == "guest" ? "; RabbitMQ takes the user guest from the broker's own machine alone" : ""
        return "check the user and the password in the broker's URL\(guest)"
    }

    private func address(_ components: URLComponents) throws(AMQPError) -> Address {
        let host = components.host.flatMap { $0.isEmpty ? nil : $0 } ?? "localhost"
        let port = components.port ?? (isSecure ? 5671 : 5672)
        guard (1...65535).contains(port) else { throw AMQPError(.badURL, "the broker's URL names port \(port); 1 to 65535") }
        return Address(host: host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host, port: port)
    }
}

extension Endpoint: CustomStringConvertible {
    /// The URL without the password, fit for logs.
    public var description: String {
        let path = virtualHost == "/" ? "" : "/\(virtualHost)"
        return "\(isSecure ? "amqps" : "amqp")://\(user)@\(addresses.map(\.description).joined(separator: ","))\(path)"
    }
}

extension Endpoint.Address: CustomStringConvertible {
    public var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
