import AMQP
import Foundation
import LocalGrid
import Synchronization

/// A proxy to each node of the broker for each party, so that each party can be faulted alone; and one to the database.
final class ChaosProxies: Sendable {
    /// The name under which the proxy to the database is kept.
    static let database = "database"

    private let proxies = Mutex<[String: [Proxy]]>([:])

    /// The URL by which a party reaches the broker: through proxies of its own, made at the first call.
    func url(for party: String, to broker: String) throws(LocalGridError) -> String {
        guard let endpoint = try? Endpoint(url: broker), let scheme = broker.range(of: "://") else {
            throw LocalGridError(.configuration, "the broker's URL cannot be read")
        }
        let proxies = try proxies.withLock { proxies throws(LocalGridError) in
            if let known = proxies[party] { return known }
            let new = try endpoint.addresses.map { address throws(LocalGridError) in try Proxy(to: address.host, port: address.port) }
            proxies[party] = new
            return new
        }
        let authority = broker[scheme.upperBound...].prefix { !"/?#".contains($0) }
        let user = authority.lastIndex(of: "@").map { authority[...$0] } ?? ""
        let hosts = proxies.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
        return broker[..<scheme.upperBound] + user + hosts + broker[authority.endIndex...]
    }

    /// The loopback port by which the database is reached: that of a proxy, which is made at the first call.
    func port(toDatabase port: Int) throws(LocalGridError) -> Int {
        try proxies.withLock { proxies throws(LocalGridError) in
            if let known = proxies[Self.database]?.first { return known.port }
            let new = try Proxy(to: "127.0.0.1", port: port)
            proxies[Self.database] = [new]
            return new.port
        }
    }

    /// Those of a party that has connections now; none for any other.
    subscript(party: String) -> [Proxy] {
        let known = proxies.withLock { $0[party] ?? [] }
        return known.contains { $0.count > 0 } ? known : []
    }

    /// Lets a party's connections carry everything again, whether it has any or not.
    func resume(_ party: String, _ directions: Set<Proxy.Direction>) {
        for proxy in proxies.withLock({ $0[party] ?? [] }) { proxy.resume(directions) }
    }

    /// Lets all connections carry everything again.
    func heal() {
        for proxy in proxies.withLock({ $0.values.flatMap(\.self) }) { proxy.resume() }
    }

    func stop() {
        for proxy in proxies.withLock({ $0.values.flatMap(\.self) }) { proxy.stop() }
    }
}
