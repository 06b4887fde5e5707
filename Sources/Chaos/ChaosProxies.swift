import AMQP
import Foundation
import LocalGrid
import Synchronization

/// A proxy to the broker for each party, so that each can be faulted alone.
final class ChaosProxies: Sendable {
    private let proxies = Mutex<[String: Proxy]>([:])

    /// The URL by which a party reaches the broker: through a proxy of its own, made at the first call.
    func url(for party: String, to broker: String) throws(LocalGridError) -> String {
        guard var components = URLComponents(string: broker), let host = components.host, let port = components.port else {
            throw LocalGridError(.configuration, "the broker's URL has no host and port")
        }
        let proxy = try proxies.withLock { proxies throws(LocalGridError) in
            if let proxy = proxies[party] { return proxy }
            let proxy = try Proxy(to: host, port: port)
            proxies[party] = proxy
            return proxy
        }
        components.host = "127.0.0.1"
        components.port = proxy.port
        guard let url = components.string else { throw LocalGridError(.configuration, "the broker's URL cannot be read") }
        return url
    }

    subscript(party: String) -> Proxy? { proxies.withLock { $0[party] } }

    /// Lets all connections carry everything again.
    func heal() {
        for proxy in proxies.withLock({ Array($0.values) }) { proxy.resume() }
    }

    func stop() {
        for proxy in proxies.withLock({ Array($0.values) }) { proxy.stop() }
    }
}
