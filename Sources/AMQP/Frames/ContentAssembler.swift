import Foundation

/// Puts the frames of one channel together to messages: a method that announces content, a header, and as many bodies as
/// the header's size asks for (AMQP 0-9-1, section 4.2.6). Pure.
struct ContentAssembler {
    /// A whole message and the method that announced it.
    struct Content {
        var method: BrokerFrame
        var message: Message
    }

    /// Frames in an order that the protocol does not allow: the connection cannot go on.
    struct Violation: Error, Equatable {
        let reason: String
    }

    private enum State {
        case idle
        case method(BrokerFrame)
        case body(BrokerFrame, BasicProperties, size: UInt64)
    }

    /// Room made ahead for a body; a header's size is only what the sender says.
    private static let reserve: UInt64 = 1 << 20

    private var state = State.idle
    /// The bytes of the body so far. They are not in the state, whose copies would copy them with every frame.
    private var body = Data()

    /// Takes the channel's next frame that belongs to a message; returns the message that it completes.
    mutating func take(_ frame: BrokerFrame) throws(Violation) -> Content? {
        switch (state, frame) {
        case (.idle, .deliver), (.idle, .returned):
            state = .method(frame)
            return nil
        case (.method(let method), .header(let size, let properties)):
            guard size > 0 else {
                state = .idle
                return Content(method: method, message: Message(properties: properties))
            }
            body.reserveCapacity(Int(min(size, Self.reserve)))
            state = .body(method, properties, size: size)
            return nil
        case (.body(let method, let properties, let size), .body(let bytes)):
            guard size - UInt64(body.count) >= UInt64(bytes.count) else {
                throw Violation(reason: "a body longer than its header says")
            }
            body.append(contentsOf: bytes)
            guard UInt64(body.count) == size else { return nil }
            defer { body = Data() }
            state = .idle
            return Content(method: method, message: Message(properties: properties, body: body))
        default:
            throw Violation(reason: "a \(frame.kind) frame where \(expectation) was due")
        }
    }

    private var expectation: String {
        switch state {
        case .idle: "a method"
        case .method: "a content header"
        case .body: "a content body"
        }
    }
}

extension BrokerFrame {
    fileprivate var kind: String {
        switch self {
        case .header: "header"
        case .body: "body"
        default: "method"
        }
    }
}
