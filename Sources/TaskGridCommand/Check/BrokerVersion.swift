/// A version of RabbitMQ, as far as it matters here.
struct BrokerVersion: Hashable, Comparable {
    let major: Int
    let minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// The first two numbers of a text such as `4.0.5`; nil where there are none.
    init?(_ text: String) {
        let parts = text.split(separator: ".").prefix(2).map { Int($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major: major, minor: minor)
    }

    static func < (lhs: BrokerVersion, rhs: BrokerVersion) -> Bool { (lhs.major, lhs.minor) < (rhs.major, rhs.minor) }

    var isSupported: Bool { self >= BrokerVersion(major: 3, minor: 10) && major <= 4 }

    /// How often a quorum queue delivers a message again before it drops it, where nobody says it; nil: always once more.
    var defaultDeliveryLimit: Int64? { major >= 4 ? 20 : nil }

    /// The most bytes of a message, where `max_message_size` is not set.
    var defaultMessageSize: Int { major >= 4 ? 16 << 20 : 128 << 20 }
}
