/// Why the broker does not take a message, whenever it is sent.
public enum Refusal: Hashable, Sendable {
    /// Its body has more bytes than the broker's `max_message_size`.
    case tooLarge(size: Int, limit: Int)
    /// The user may not write to the exchange, or not with this routing key (403); with the broker's words.
    case accessRefused(String)
    /// There is no such exchange (404); with the broker's words. If several messages were on their way to it, those before the
    /// one that the broker means may have been taken.
    case exchangeNotFound(String, mayHaveArrived: Bool)
}

extension Refusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLarge(let size, let limit):
            "the message has \(size) bytes; the broker takes \(limit) at most (its max_message_size)"
        case .accessRefused(let text), .exchangeNotFound(let text, _):
            "the broker says \(text)"
        }
    }
}
