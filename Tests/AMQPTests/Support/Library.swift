import CRabbitMQ
import Glibc
import Testing

@testable import AMQP

/// librabbitmq itself, as the reference: its encoder writes into a socket pair, its decoder reads bytes from memory.
final class Library {
    private let state: amqp_connection_state_t
    private let frameSize: Int32
    private var ownsSocket: Int32 = -1

    init(frameSize: Int = 131_072) throws {
        state = try #require(amqp_new_connection())
        self.frameSize = Int32(frameSize)
        // A new state waits for the protocol header, and may be tuned only after it.
        var frame = amqp_frame_t()
        #expect(feed(Array("AMQP".utf8) + [0, 0, 9, 1], &frame) == 8)
        #expect(amqp_tune_connection(state, 64, Int32(frameSize), 0) == 0)
    }

    deinit {
        amqp_destroy_connection(state)
        if ownsSocket >= 0 { close(ownsSocket) }
    }

    /// The bytes that the library's calls in `body` write to its socket: at most what a socket pair holds.
    func written(_ body: (amqp_connection_state_t) -> Void) throws -> [UInt8] {
        if ownsSocket < 0 {
            var pair: [Int32] = [-1, -1]
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
            ownsSocket = pair[0]
            amqp_tcp_socket_set_sockfd(amqp_tcp_socket_new(state), pair[1])
        }
        body(state)
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(ownsSocket, &part, part.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return bytes }
            bytes += part[..<count]
        }
    }

    /// The frames that the library's decoder finds, each handed over while its memory is valid. False where it refuses.
    @discardableResult
    func decode(_ bytes: [UInt8], _ take: (UInt16, BrokerFrame) throws -> Void) rethrows -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            var frame = amqp_frame_t()
            let count = feed(Array(rest), &frame)
            guard count >= 0 else { return false }
            rest = rest.dropFirst(Int(count))
            if frame.frame_type != 0 {
                try take(frame.channel, BrokerFrame(frame))
                amqp_maybe_release_buffers_on_channel(state, frame.channel)
            }
        }
        return true
    }

    private func feed(_ bytes: [UInt8], _ frame: inout amqp_frame_t) -> Int32 {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { amqp_handle_input(state, amqp_bytes_t(len: $0.count, bytes: $0.baseAddress), &frame) }
    }
}

/// Memory for what the library is given.
final class Arena {
    private var owned: [UnsafeMutableRawPointer] = []
    private var tables: [CTable] = []

    deinit {
        for memory in owned { memory.deallocate() }
    }

    func bytes(_ content: some Collection<UInt8>) -> amqp_bytes_t {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, content.count), alignment: 1)
        owned.append(memory)
        UnsafeMutableRawBufferPointer(start: memory, count: content.count).copyBytes(from: content)
        return amqp_bytes_t(len: content.count, bytes: memory)
    }

    func properties(_ properties: BasicProperties) -> amqp_basic_properties_t {
        var c = amqp_basic_properties_t()
        c._flags = amqp_flags_t(AMQP_BASIC_DELIVERY_MODE_FLAG)
        c.delivery_mode = properties.isPersistent ? 2 : 1
        func set(_ text: String?, _ flag: Int32, _ field: WritableKeyPath<amqp_basic_properties_t, amqp_bytes_t>) {
            guard let text else { return }
            c._flags |= amqp_flags_t(flag)
            c[keyPath: field] = bytes(Array(text.utf8))
        }
        set(properties.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG, \.content_type)
        set(properties.correlationID, AMQP_BASIC_CORRELATION_ID_FLAG, \.correlation_id)
        set(properties.replyTo, AMQP_BASIC_REPLY_TO_FLAG, \.reply_to)
        set(properties.expiration.map { String($0.milliseconds) }, AMQP_BASIC_EXPIRATION_FLAG, \.expiration)
        set(properties.messageID, AMQP_BASIC_MESSAGE_ID_FLAG, \.message_id)
        set(properties.type, AMQP_BASIC_TYPE_FLAG, \.type)
        set(properties.userID, AMQP_BASIC_USER_ID_FLAG, \.user_id)
        set(properties.appID, AMQP_BASIC_APP_ID_FLAG, \.app_id)
        if let priority = properties.priority {
            c._flags |= amqp_flags_t(AMQP_BASIC_PRIORITY_FLAG)
            c.priority = priority
        }
        if let timestamp = properties.timestamp {
            c._flags |= amqp_flags_t(AMQP_BASIC_TIMESTAMP_FLAG)
            c.timestamp = timestamp
        }
        if !properties.headers.isEmpty {
            c._flags |= amqp_flags_t(AMQP_BASIC_HEADERS_FLAG)
            let table = CTable(properties.headers)
            tables.append(table)
            c.headers = table.table
        }
        return c
    }
}
