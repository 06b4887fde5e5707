import Foundation

/// The addresses of a broker and the user of a connection: the content of an AMQP URL.
///
/// `amqp://user:password@host:port/vhost?heartbeat=10` — everything but the scheme has a default: `guest`, `guest`,
/// `localhost`, 5672, `/`, 10 seconds. Characters that a URL reserves are percent-encoded; the virtual host `/` may be
/// left out (RabbitMQ URI Specification). The nodes of a cluster are separated by commas, each with its port or without:
/// `amqp://user:password@one,two:5673,three/vhost`; or whole URLs are, which differ in host and port alone. `amqps://` means TLS, and
/// port 5671 by default.
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
    /// Where a connection reads the password each time that it is made; nil: ``password`` stays what it is.
    public var passwordSource: PasswordSource?
    /// The longest silence on the connection, in seconds: after two such intervals it counts as lost.
    public var heartbeat: Int
    /// `amqps`: TLS, and how; nil: none.
    public var tls: TLSSettings?
    /// The broker takes the user from the client's certificate (SASL EXTERNAL), and ``user`` says which it is. Else user and password are
    /// sent (PLAIN).
    public var logsInByCertificate = false

    public init(
        host: String = "localhost", port: Int = 5672, virtualHost: String = "/", user: String = "guest",
        password: String = "guest", heartbeat: Int = 10, tls: TLSSettings? = nil
    ) {
        addresses = [Address(host: host, port: port)]
        self.virtualHost = virtualHost
        self.user = user
        self.password = password
        self.heartbeat = heartbeat
        self.tls = tls
    }

    /// How a character is written that would end the part that it stands in.
    private static let encoding = "in a user, password or virtual host '/' is written %2F, '?' %3F, '#' %23 and '@' %40"

    /// Reads a URL. With a client certificate, one that names no password logs in by the certificate: as the user that the URL names, else as
    /// the certificate's common name.
    ///
    /// - Parameters:
    ///   - url: the URL, or a list of them.
    ///   - tls: how TLS is spoken, where the URL begins with `amqps://`.
    /// - Throws: `badURL`, which says what is wrong and never repeats the password; `tlsRefused` where a common name is wanted and the client
    ///   certificate cannot be read.
    public init(url: String, tls: TLSSettings = TLSSettings()) throws(AMQPError) {
        let urls = Self.urls(in: url)
        if urls.count > 1 {
            self = try Endpoint(urls: urls, tls)
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
        // Foundation would write the '%' for itself, and the fragment would be lost.
        guard url.matches(of: #/%(?![0-9A-Fa-f]{2})/#).isEmpty else {
            throw AMQPError(
                .badURL, "the broker's URL has a '%' without two hexadecimal digits; in a user, password or virtual host it is written %25")
        }
        guard components.percentEncodedFragment == nil else {
            throw AMQPError(.badURL, "the broker's URL has a '#': \(Self.encoding)")
        }
        guard components.queryItems?.allSatisfy({ $0.name == "heartbeat" }) ?? true else {
            throw AMQPError(.badURL, "the broker's URL has a parameter after '?' that is not 'heartbeat'; \(Self.encoding)")
        }
        let isSecure = scheme == "amqps"
        guard isSecure || tls.isEmpty else {
            throw AMQPError(
                .badURL, "the broker's URL begins with amqp://, and settings of TLS are given: begin it with amqps://, or leave them out")
        }
        guard tls.key == nil || tls.certificate != nil else {
            throw AMQPError(.badURL, "the key of a client certificate is given, and no client certificate: give both or none")
        }
        self.init(tls: isSecure ? tls : nil)
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
        if let password = components.password {
            self.password = password
        } else if let certificate = tls.certificate {
            logsInByCertificate = true
            password = ""
            if components.user == nil { user = try TLSSettings.user(of: certificate) }
        }
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

    private init(urls: [String], _ tls: TLSSettings) throws(AMQPError) {
        let first = try Endpoint(url: urls[0], tls: tls)
        var endpoints = [first]
        for url in urls.dropFirst() { endpoints.append(try Endpoint(url: url, tls: tls)) }
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
        if logsInByCertificate {
            return "the broker takes the user from the client certificate: make that user there, and set ssl_cert_login_from = common_name "
                + "where the user is the certificate's common name"
        }
        let guest = user == "guest" ? "; RabbitMQ takes the user guest from the broker's own machine alone" : ""
        guard let passwordSource else { return "check the user and the password in the broker's URL\(guest)" }
        return "check the user in the broker's URL and the password in \(passwordSource.name)\(guest)"
    }

    private func address(_ components: URLComponents) throws(AMQPError) -> Address {
        let host = components.host.flatMap { $0.isEmpty ? nil : $0 } ?? "localhost"
        let port = components.port ?? (tls == nil ? 5672 : 5671)
        guard (1...65535).contains(port) else { throw AMQPError(.badURL, "the broker's URL names port \(port); 1 to 65535") }
        return Address(host: host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host, port: port)
    }
}

extension Endpoint: CustomStringConvertible {
    /// The URL without the password, fit for logs and for a setting.
    public var description: String {
        let path = virtualHost == "/" ? "" : "/\(Self.encoded(virtualHost))"
        let hosts = addresses.map(\.description).joined(separator: ",")
        return "\(tls == nil ? "amqp" : "amqps")://\(Self.encoded(user))@\(hosts)\(path)"
    }

    /// A part of a URL with everything percent-encoded that a URL may reserve.
    private static func encoded(_ part: String) -> String {
        part.addingPercentEncoding(withAllowedCharacters: unreserved) ?? part
    }

    /// RFC 3986, section 2.3.
    private static let unreserved = CharacterSet(charactersIn: "-._~").union(CharacterSet.alphanumerics)
}

extension Endpoint.Address: CustomStringConvertible {
    public var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
