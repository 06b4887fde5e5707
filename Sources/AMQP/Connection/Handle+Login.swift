import CRabbitMQ
import Glibc

extension Handle {
    /// Logs in by password, or by client certificate.
    ///
    /// - Parameters:
    ///   - state: the library's connection, whose socket is open.
    ///   - ssl: the socket's TLS; nil: none.
    ///   - endpoint: the broker, by the address that is connected.
    ///   - clientProperties: the properties that the broker shows.
    static func logIn(
        _ state: amqp_connection_state_t, over ssl: OpaquePointer?, to endpoint: Endpoint, clientProperties: FieldTable
    ) throws(AMQPError) {
        // To read the broker's alert from: the library closes its own at the first error.
        let copy = ssl == nil ? -1 : fcntl(amqp_get_sockfd(state), F_DUPFD_CLOEXEC, 0)
        defer { if copy >= 0 { Glibc.close(copy) } }
        let properties = CTable(clientProperties)
        let heartbeat = Int32(endpoint.heartbeat)
        let reply = withExtendedLifetime(properties) {
            withUnsafePointer(to: properties.table) {
                endpoint.logsInByCertificate
                    ? taskgrid_login_external(
                        state, endpoint.virtualHost, maximumChannels, maximumFrameSize, heartbeat, $0, endpoint.user)
                    : taskgrid_login_plain(
                        state, endpoint.virtualHost, maximumChannels, maximumFrameSize, heartbeat, $0, endpoint.user, endpoint.password)
            }
        }
        guard let error = error(reply, "the login of \(endpoint)") else { return }
        if error.brokerCode == 403 {
            throw AMQPError(error.code, "\(error.message) (\(endpoint.loginAdvice))", brokerCode: error.brokerCode)
        }
        let status = reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION ? reply.library_error : AMQP_STATUS_OK.rawValue
        if endpoint.logsInByCertificate, status == AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD.rawValue {
            throw AMQPError(
                .accessRefused,
                "the broker at \(endpoint) takes no client certificate as a login: enable its plugin rabbitmq_auth_mechanism_ssl and add "
                    + "EXTERNAL to its auth_mechanisms, or name a user and a password in the URL"
            )
        }
        if let ssl, let tls = endpoint.tls, let alert = alert(ssl, copy: copy, of: endpoint, with: tls) { throw alert }
        // A listener for TLS ends a connection that does not begin with a handshake.
        let isEnded = [AMQP_STATUS_SOCKET_ERROR, AMQP_STATUS_CONNECTION_CLOSED, AMQP_STATUS_BAD_AMQP_DATA].contains {
            $0.rawValue == status
        }
        if ssl == nil, isEnded {
            throw AMQPError(.unreachable, "\(error.message): does that port speak TLS? Then the URL begins with amqps://")
        }
        throw error.code == .timedOut ? AMQPError(.unreachable, error.message) : error
    }
}
