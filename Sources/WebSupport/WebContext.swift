package import Hummingbird
import HummingbirdCore

/// The context of a request: the address that it comes from.
package struct WebContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The IP address, for people to read.
    package let address: String
    /// The address, for limits.
    package let origin: ClientAddress

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        let remote = source.channel.remoteAddress
        address = remote?.ipAddress ?? "unknown"
        origin = ClientAddress(remote)
    }
}
