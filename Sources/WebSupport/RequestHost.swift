import NIOCore
import NIOHTTP1

/// Puts the host that a request is for into its `Host`, which ``Hosts`` checks. The handlers after it pass on neither the host of an absolute
/// URI, which counts more than `Host`, nor the version of HTTP, of which 1.1 requires a `Host` (RFC 9112, section 3.2).
final class RequestHost: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        var hosts: [String] = []
        if let host = Self.host(of: head.uri) { hosts.append(host) }
        // An empty one is refused, as none is.
        if head.version != .http1_0, !head.headers.contains(name: "Host") { hosts.append("") }
        // The first `Host` becomes the authority, and the others stay to be checked too.
        if !hosts.isEmpty { head.headers = HTTPHeaders(hosts.map { ("Host", $0) } + head.headers.map { ($0.name, $0.value) }) }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// The host of a target that is no path, with its port; empty where it has none; nil: the target is a path or `*`.
    private static func host(of target: String) -> String? {
        guard !target.hasPrefix("/"), target != "*" else { return nil }
        guard let scheme = target.firstRange(of: "://") else { return "" }
        return String(target[scheme.upperBound...].prefix { !"/?#".contains($0) })
    }
}
