/// An error between this process and the broker.
public struct AMQPError: Error, Hashable, Sendable {
    public enum Code: String, Sendable {
        /// The URL of the broker cannot be read.
        case badURL
        /// Nobody answers at the broker's address, or what answers is no AMQP 0-9-1 broker.
        case unreachable
        /// The broker refuses the user, the virtual host or the operation (403).
        case accessRefused
        /// Another connection owns the exclusive queue (405).
        case resourceLocked
        /// TLS is not agreed on: a certificate that one side does not accept, a file that cannot be used, or a port without TLS.
        case tlsRefused
        /// The exchange or queue is not there (404).
        case notFound
        /// The exchange or queue is there with other settings (406).
        case preconditionFailed
        /// The broker closed the channel or the connection for another reason.
        case closedByBroker
        /// The connection went away; calls under way may or may not have been carried out.
        case connectionLost
        /// Not done within the deadline; it may yet happen.
        case timedOut
        /// The broker takes no messages now: a memory or disk alarm.
        case blocked
        /// A queue is full, or the broker could not take the message (negative acknowledgement).
        case full
        /// This connection was closed here.
        case closed
        /// A message that AMQP cannot carry.
        case badMessage
        /// Asked for something that this build cannot do.
        case unsupported
    }

    public let code: Code
    /// A message: what happened, to which connection, and what to do.
    public let message: String
    /// The broker's reply code, where it gave one (AMQP 0-9-1, section 1.2).
    public let brokerCode: Int?

    public init(_ code: Code, _ message: String, brokerCode: Int? = nil) {
        self.code = code
        self.message = message
        self.brokerCode = brokerCode
    }
}

extension AMQPError: CustomStringConvertible {
    public var description: String { message }
}

extension AMQPError {
    /// The error of a broker's `close` (AMQP 0-9-1, section 1.2).
    init(brokerCode: Int, text: String, _ what: String) {
        let code: Code =
            switch brokerCode {
            case 403, 530: .accessRefused
            case 404: .notFound
            case 405: .resourceLocked
            case 406: .preconditionFailed
            default: .closedByBroker
            }
        self.init(code, "\(what): the broker says \(brokerCode) \(text)", brokerCode: brokerCode)
    }
}
