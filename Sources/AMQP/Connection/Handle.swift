import CRabbitMQ
import Foundation
import Glibc

/// librabbitmq's connection, and the only code that calls the library on it. It belongs to its ``Connection``'s thread and
/// is destroyed with this object.
///
/// Set-up calls block the thread, each within `callTimeout`. Once the connection is open, frames are read one by one and
/// written by ``Connection`` on the bare socket. The library's own heartbeats are switched off after the login, so that it
/// never writes between two of our partial writes; ``Connection`` sends and checks them.
final class Handle {
    /// How long the connect, the handshake and each set-up call may take.
    static let callTimeout: Duration = .seconds(5)
    static let maximumFrameSize: Int32 = 131_072
    static let maximumChannels: Int32 = 64

    let state: amqp_connection_state_t
    /// A set-up call was answered with the end of the whole connection, not of its channel.
    private(set) var isClosedByBroker = false
    let socket: Int32
    /// Its TLS, which belongs to the library and to this object; nil: plain TCP.
    let ssl: OpaquePointer?
    /// Seconds, as agreed with the broker; 0: none.
    let heartbeat: Int
    /// Bytes, as agreed with the broker.
    let frameSize: Int
    /// The highest number that a channel may have, as agreed with the broker.
    let lastChannel: UInt16
    /// The broker's properties, such as `product`, `version` and `capabilities` (AMQP 0-9-1, `connection.start`).
    let serverProperties: FieldTable

    /// Connects to the first address of `endpoint`.
    init(_ endpoint: Endpoint, name: String, clientProperties: FieldTable) throws(AMQPError) {
        guard let state = amqp_new_connection() else { throw AMQPError(.unreachable, "out of memory for a connection") }
        var isOpen = false
        var ssl: OpaquePointer?
        // A connection that failed half-way has no object that would destroy it.
        defer { if !isOpen { Self.destroy(state, ssl) } }
        var timeout = timeval(Self.callTimeout)
        amqp_set_handshake_timeout(state, &timeout)
        amqp_set_rpc_timeout(state, &timeout)
        if let tls = endpoint.tls {
            ssl = try Self.openTLS(state, to: endpoint, with: tls)
        } else {
            guard let socket = amqp_tcp_socket_new(state) else { throw AMQPError(.unreachable, "out of memory for a socket") }
            let status = amqp_socket_open_noblock(socket, endpoint.addresses[0].host, Int32(endpoint.addresses[0].port), &timeout)
            guard status == AMQP_STATUS_OK.rawValue else { throw Self.unreachable(endpoint, status) }
        }
        var told = clientProperties
        told["connection_name"] = .string(name)
        told["capabilities"] = .table(["consumer_cancel_notify": true, "connection.blocked": true, "authentication_failure_close": true])
        try Self.logIn(state, over: ssl, to: endpoint, clientProperties: told)
        heartbeat = Int(amqp_get_heartbeat(state))
        frameSize = Int(amqp_get_frame_max(state))
        lastChannel = UInt16(clamping: amqp_get_channel_max(state))
        serverProperties = amqp_get_server_properties(state).map { FieldTable($0.pointee) } ?? [:]
        self.socket = amqp_get_sockfd(state)
        self.state = state
        self.ssl = ssl
        amqp_tune_connection(state, amqp_get_channel_max(state), amqp_get_frame_max(state), 0)
        isOpen = true
    }

    deinit {
        Self.destroy(state, ssl)
    }

    /// The library's SSL object before the library's connection, whose end may take away what the object needs.
    private static func destroy(_ state: amqp_connection_state_t, _ ssl: OpaquePointer?) {
        if let ssl { SSL_free(ssl) }
        amqp_destroy_connection(state)
    }

    // MARK: Set-up calls

    /// Opens a channel.
    ///
    /// RabbitMQ may close a channel several times, as where several deliveries of it are not acknowledged in time. A later close then
    /// answers this call, and says nothing about the new channel: a broker refuses to open one by closing the connection.
    func openChannel(_ channel: UInt16) throws(AMQPError) {
        amqp_channel_open(state, channel)
        var closes = 0
        while isChannelClosed, closes < Self.maximumCloses {
            closes += 1
            release(channel)
            // Zero is what a new channel has: the call is there for its answer.
            amqp_basic_qos(state, channel, 0, 0, 0)
        }
        try check("opening a channel", channel)
    }

    /// The most closes of one channel that are passed over: as many as it may hold deliveries.
    private static let maximumCloses = 65_535

    /// Whether the answer to the last set-up call was that its channel is closed.
    private var isChannelClosed: Bool {
        let reply = amqp_get_rpc_reply(state)
        return reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && reply.reply.id == TASKGRID_CHANNEL_CLOSE
    }

    func selectConfirms(_ channel: UInt16) throws(AMQPError) {
        amqp_confirm_select(state, channel)
        try check("asking for publisher confirms", channel)
    }

    /// Of each consumer that the channel gains from now on: RabbitMQ changes none that it has.
    func setPrefetch(_ count: UInt16, _ channel: UInt16) throws(AMQPError) {
        amqp_basic_qos(state, channel, 0, count, 0)
        try check("setting the prefetch", channel)
    }

    func consume(_ queue: String, tag: String, _ channel: UInt16) throws(AMQPError) {
        queue.withAMQPBytes { queue in
            tag.withAMQPBytes { tag in
                _ = amqp_basic_consume(state, channel, queue, tag, 0, 0, 0, amqp_empty_table)
            }
        }
        try check("consuming queue \(queue)", channel)
    }

    func closeChannel(_ channel: UInt16) throws(AMQPError) {
        let closed = amqp_channel_close(state, channel, Int32(AMQP_REPLY_SUCCESS))
        let error = Self.error(closed, "closing a channel")
        release(channel)
        if let error { throw error }
    }

    /// Says goodbye and waits for the broker's answer within `timeout`.
    func close(within timeout: Duration) {
        var timeout = timeval(timeout)
        amqp_set_rpc_timeout(state, &timeout)
        amqp_connection_close(state, Int32(AMQP_REPLY_SUCCESS))
    }

    // MARK: Reading

    /// Frames wait in the library's memory, where polling the socket does not show them.
    var hasFrames: Bool {
        amqp_frames_enqueued(state) != 0 || amqp_data_in_buffer(state) != 0 || ssl.map { SSL_pending($0) > 0 } == true
    }

    /// The next frame and its channel; nil where none has come whole. The memory that it points to is valid until ``release(_:)``.
    func nextFrame() throws(AMQPError) -> (channel: UInt16, frame: BrokerFrame)? {
        var frame = amqp_frame_t()
        var none = taskgrid_timeval(0)
        let status = amqp_simple_wait_frame_noblock(state, &frame, &none)
        if status == AMQP_STATUS_TIMEOUT.rawValue { return nil }
        guard status == AMQP_STATUS_OK.rawValue else {
            throw Self.broken(status)
        }
        return (frame.channel, BrokerFrame(frame))
    }

    /// Gives a channel's memory back to the library once its frames are copied.
    func release(_ channel: UInt16) {
        amqp_maybe_release_buffers_on_channel(state, channel)
    }

    // MARK: Errors

    /// Throws what went wrong with the last set-up call. Its answer's memory goes back to the library: no frame that is read
    /// later would release the administration channel's.
    func check(_ what: String, _ channel: UInt16) throws(AMQPError) {
        let reply = amqp_get_rpc_reply(state)
        isClosedByBroker = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && reply.reply.id == TASKGRID_CONNECTION_CLOSE
        let error = Self.error(reply, what)
        release(channel)
        if let error { throw error }
    }

    static func unreachable(_ endpoint: Endpoint, _ status: Int32) -> AMQPError {
        AMQPError(.unreachable, "no broker answers at \(endpoint) (\(text(status))): is it running?")
    }

    static func broken(_ status: Int32) -> AMQPError {
        AMQPError(.connectionLost, "the connection to the broker broke (\(text(status)))")
    }

    private static func text(_ status: Int32) -> String { String(cString: amqp_error_string2(status)) }

    static func error(_ reply: amqp_rpc_reply_t, _ what: String) -> AMQPError? {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL:
            return nil
        case AMQP_RESPONSE_SERVER_EXCEPTION where reply.reply.id == TASKGRID_CHANNEL_CLOSE:
            let close = reply.reply.decoded.load(as: amqp_channel_close_t.self)
            return AMQPError(brokerCode: Int(close.reply_code), text: String(close.reply_text), what)
        case AMQP_RESPONSE_SERVER_EXCEPTION where reply.reply.id == TASKGRID_CONNECTION_CLOSE:
            let close = reply.reply.decoded.load(as: amqp_connection_close_t.self)
            return AMQPError(brokerCode: Int(close.reply_code), text: String(close.reply_text), what)
        case AMQP_RESPONSE_LIBRARY_EXCEPTION where reply.library_error == AMQP_STATUS_TIMEOUT.rawValue:
            return AMQPError(.timedOut, "\(what) got no answer from the broker within \(callTimeout.seconds) s")
        default:
            return AMQPError(.unreachable, "\(what) failed (\(text(reply.library_error)))")
        }
    }
}

extension timeval {
    // Made in C: the module that the members of the C type belong to depends on what else is imported.
    init(_ duration: Duration) { self = taskgrid_timeval(Int(max(0, duration.milliseconds))) }
}
