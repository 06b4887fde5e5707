import AMQP
import Foundation
import TaskGridConfiguration
import TaskGridCore

/// RabbitMQ's management interface: where it is, and whose login is used there.
struct ManagementInterface: Hashable, Sendable {
    /// The ports that RabbitMQ's management plugin listens on unless it is configured: for HTTP and for HTTPS.
    private static let (port, securePort) = (15_672, 15_671)

    let host: String
    let port: Int
    /// What stands before `/api`, percent-encoded.
    let path: String
    let user: String
    let password: String
    /// The CAs of its certificate; nil: plain HTTP.
    let tls: TLSSettings?

    /// The body of an answer that says why there is none.
    private struct Refusal: Decodable {
        let reason: String
    }

    /// The user of the login, as RabbitMQ knows it.
    struct Login: Decodable {
        /// A list, or in older versions one text with commas.
        let tags: Set<String>

        private enum CodingKeys: String, CodingKey {
            case tags
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let listed = try? container.decode([String].self, forKey: .tags)
            tags = Set(try listed ?? container.decode(String.self, forKey: .tags).split(separator: ",").map(String.init))
        }

        /// Whether RabbitMQ lists it the connections of all users, not its own alone.
        var seesAllConnections: Bool { !tags.isDisjoint(with: ["administrator", "monitoring"]) }
    }

    /// Why a question has no answer.
    struct Failure: Error, Hashable {
        /// The status of HTTP; nil: nobody answers.
        var status: Int?
        let reason: String
    }

    /// The interface beside a broker's first address, with the broker's user: over HTTPS where the broker is reached over TLS, because the
    /// password goes there.
    init(beside endpoint: Endpoint) {
        host = endpoint.addresses[0].host
        port = endpoint.tls == nil ? Self.port : Self.securePort
        tls = endpoint.tls
        path = ""
        user = endpoint.user
        password = endpoint.password
    }

    /// - Parameters:
    ///   - url: such as `http://user:password@host:15672`, or with `https`; without a user it has the broker's.
    ///   - name: what the user knows the URL by.
    ///   - endpoint: the broker.
    ///   - ca: the file of the CAs for `https` where the broker is reached without TLS; nil: those that this machine trusts.
    /// - Throws: `Failure` of the command that says what is wrong with the URL, and never repeats the password.
    init(url: String, named name: String = "--admin", endpoint: Endpoint, ca: String? = nil) throws(TaskGridCommand.Failure) {
        let example = "http://user:password@host:\(Self.port)"
        guard let components = URLComponents(string: url), let scheme = components.scheme?.lowercased(),
            let host = components.host, !host.isEmpty
        else { throw TaskGridCommand.Failure(.failed, "\(name) cannot be read; it looks like \(example)") }
        guard scheme == "http" || scheme == "https" else {
            throw TaskGridCommand.Failure(.failed, "\(name) begins with '\(scheme):'; it looks like \(example), or begins with https")
        }
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        self.host = bare
        var settings = endpoint.tls ?? TLSSettings(ca: ca)
        // The broker's certificate has that name, and another host's has its own.
        if !endpoint.addresses.contains(where: { $0.host == bare }) { settings.serverName = nil }
        tls = scheme == "https" ? settings : nil
        port = components.port ?? (tls == nil ? Self.port : Self.securePort)
        guard (1...65_535).contains(port) else { throw TaskGridCommand.Failure(.failed, "\(name) names port \(port); 1 to 65535") }
        path =
            components.percentEncodedPath.hasSuffix("/")
            ? String(components.percentEncodedPath.dropLast()) : components.percentEncodedPath
        user = components.user ?? endpoint.user
        password = components.user == nil ? endpoint.password : components.password ?? ""
    }

    /// The interfaces that are meant, each of which shows the whole cluster: the one that is named, else those of the grid of this machine,
    /// else those beside the broker's addresses.
    ///
    /// - Parameters:
    ///   - url: what the setting `admin` says.
    ///   - name: the setting's name in the place that gives it.
    ///   - folder: the folder of the grid of this machine.
    ///   - endpoint: the broker.
    ///   - ca: the file of the CAs that the settings name.
    static func find(
        _ url: String?, named name: String? = nil, folder: GridFolder, endpoint: Endpoint, ca: String? = nil
    ) throws(TaskGridCommand.Failure) -> [ManagementInterface] {
        if let url { return [try ManagementInterface(url: url, named: name ?? "--admin", endpoint: endpoint, ca: ca)] }
        var named = endpoint
        named.passwordSource = nil
        if let file = try gridFile(in: folder), let admin = file.admin,
            let own = try? Endpoint(url: file.amqp, tls: file.tls ?? TLSSettings()), own == named
        {
            let urls = [admin] + (file.otherAdmins ?? [])
            return try urls.map { (url) throws(TaskGridCommand.Failure) in try ManagementInterface(url: url, endpoint: endpoint) }
        }
        return endpoint.addresses.map { address in
            var node = endpoint
            node.addresses = [address]
            return ManagementInterface(beside: node)
        }
    }

    /// nil where no grid runs in the folder, or its file cannot be read. One that another user could have written is an error: the interfaces
    /// beside the broker's addresses may be another broker's.
    private static func gridFile(in folder: GridFolder) throws(TaskGridCommand.Failure) -> GridFile? {
        do throws(SettingError) {
            return try GridFile.read(from: folder)
        } catch  where error.code == .distrusted {
            throw TaskGridCommand.Failure(.failed, "\(error.message); or name RabbitMQ's management interface with --admin")
        } catch {
            return nil
        }
    }

    /// Whether a node's interface answers, whatever it says: the node may be down.
    var answers: Bool {
        get async {
            guard case .failure(let failure) = await login else { return true }
            return failure.status != nil
        }
    }

    var login: Result<Login, Failure> {
        get async { await get("whoami") }
    }

    /// Without the password.
    var address: String { url(login: "\(user)@") }

    private func url(login: String = "") -> String {
        "\(tls == nil ? "http" : "https")://\(login)\(host.contains(":") ? "[\(host)]" : host):\(port)\(path)"
    }

    /// The URL of a request, without a login.
    ///
    /// - Parameter target: what follows `/api/`, percent-encoded.
    private func url(_ target: String) -> String { "\(url())/api/\(target)" }

    /// A command for the shell that deletes something; curl asks for the password.
    ///
    /// - Parameter target: what follows `/api/`, percent-encoded.
    func deletion(of target: String) -> String {
        let ca = tls?.ca.map { " --cacert \(ShellWord(path: $0))" } ?? ""
        return "curl\(ca) -u \(ShellWord(user)) -X DELETE \(ShellWord(url(target)))"
    }

    /// Asks for a value.
    ///
    /// - Parameters:
    ///   - target: what follows `/api/`, percent-encoded.
    ///   - type: what the answer is decoded as.
    ///   - unknown: what the status 404 means: older versions do not have each target, and some mean with it that there are none; nil: a
    ///     failure.
    func get<Value: Decodable>(_ target: String, as type: Value.Type = Value.self, unknown: Value? = nil) async -> Result<Value, Failure> {
        let answer: HTTPRequest.Answer
        do throws(Failure) {
            answer = try await self.answer(to: request("GET", target))
        } catch {
            if error.status == 404, let unknown { return .success(unknown) }
            return .failure(error)
        }
        guard let value = try? JSONDecoder().decode(type, from: answer.body) else {
            return .failure(Failure(status: answer.status, reason: "its answer to \(target.prefix { $0 != "?" }) cannot be read"))
        }
        return .success(value)
    }

    /// Has something done.
    ///
    /// - Parameters:
    ///   - target: what follows `/api/`, percent-encoded.
    ///   - body: what is sent, as JSON.
    func post(_ target: String, _ body: Data) async throws(Failure) {
        var request = request("POST", target)
        request.body = body
        // All nodes of a cluster have to agree.
        request.patience = .seconds(30)
        _ = try await answer(to: request)
    }

    private func request(_ method: String, _ target: String) -> HTTPRequest {
        HTTPRequest(method: method, host: host, port: port, target: "\(path)/api/\(target)", user: user, password: password, tls: tls)
    }

    /// The answer to a request, which is a success.
    private func answer(to request: HTTPRequest) async throws(Failure) -> HTTPRequest.Answer {
        let answer: HTTPRequest.Answer
        do throws(HTTPRequest.Failure) {
            answer = try await request.answer()
        } catch {
            throw Failure(reason: error.reason)
        }
        guard (200..<300).contains(answer.status) else {
            let reason = (try? JSONDecoder().decode(Refusal.self, from: answer.body))?.reason
            throw Failure(status: answer.status, reason: reason ?? "HTTP status \(answer.status)")
        }
        return answer
    }

    /// A name as a part of a path.
    static func encoded(_ name: String) -> String {
        var allowed = CharacterSet(charactersIn: "a"..."z")
        allowed.insert(charactersIn: "A"..."Z")
        allowed.insert(charactersIn: "0"..."9")
        allowed.insert(charactersIn: "-._~")
        return name.addingPercentEncoding(withAllowedCharacters: allowed) ?? name
    }
}
