import CRabbitMQ

/// TLS: librabbitmq's socket shakes hands and reads, and ``ConnectionSession`` writes on the socket's SSL object.
extension Handle {
    /// Connects to the first address of `endpoint` and shakes hands, within ``callTimeout``.
    ///
    /// - Parameters:
    ///   - state: the library's connection.
    ///   - endpoint: the broker.
    ///   - settings: its files, and the name of the broker.
    /// - Returns: the socket's SSL object, with a reference of the caller's.
    static func openTLS(
        _ state: amqp_connection_state_t, to endpoint: Endpoint, with settings: TLSSettings
    ) throws(AMQPError) -> OpaquePointer {
        guard let socket = amqp_ssl_socket_new(state), let context = taskgrid_tls_context(socket) else {
            throw AMQPError(.unreachable, "out of memory for a TLS socket")
        }
        try load(settings, into: context)
        let address = endpoint.addresses[0]
        let name = settings.serverName ?? address.host
        // OpenSSL would accept any name.
        guard !name.isEmpty else { throw AMQPError(.tlsRefused, "no TLS with \(endpoint): the name of the server that is set is empty") }
        var timeout = timeval(callTimeout)
        var ssl: OpaquePointer?
        let status = taskgrid_tls_open(socket, context, address.host, Int32(address.port), &timeout, name, &ssl)
        if status == AMQP_STATUS_OK.rawValue, let ssl { return ssl }
        guard let ssl else { throw unreachable(endpoint, status) }
        defer { SSL_free(ssl) }
        guard status != AMQP_STATUS_TIMEOUT.rawValue else {
            throw AMQPError(.unreachable, "no TLS with \(endpoint): its side of the handshake did not come within \(callTimeout.seconds) s")
        }
        throw TLSFailure(verification: Int32(SSL_get_verify_result(ssl))).error(of: endpoint, settings)
    }

    /// Reads the files of `settings`.
    private static func load(_ settings: TLSSettings, into context: OpaquePointer) throws(AMQPError) {
        if let ca = settings.ca { try TLSSettings.requireReadable(ca, "CA file") }
        guard taskgrid_tls_trust(context, settings.ca) != 0 else {
            throw AMQPError(
                .tlsRefused, "\(settings.ca.map { "the CA file \($0) is" } ?? "the CAs of this machine are") no PEM of certificates")
        }
        guard let certificate = settings.certificate else { return }
        try TLSSettings.requireReadable(certificate, "client certificate")
        guard taskgrid_tls_use_certificate(context, certificate) != 0 else {
            throw AMQPError(.tlsRefused, "the client certificate \(certificate) is no PEM file of a certificate")
        }
        let key = settings.key ?? certificate
        try TLSSettings.requirePrivate(key, "client certificate's key")
        guard taskgrid_tls_use_key(context, key) != 0 else {
            throw AMQPError(
                .tlsRefused,
                "\(key) is no PEM file of the key of the client certificate \(certificate): give the key that it was made with, without a "
                    + "passphrase"
            )
        }
    }

    /// The error of a login that failed, if its reason is the broker's alert: with TLS 1.3 it refuses a client certificate after the
    /// client's side of the handshake.
    ///
    /// - Parameters:
    ///   - ssl: the socket's TLS.
    ///   - copy: a copy of the socket, which the library may have closed.
    ///   - endpoint: the broker, by the address that was connected.
    ///   - settings: what was connected with.
    static func alert(_ ssl: OpaquePointer, copy: Int32, of endpoint: Endpoint, with settings: TLSSettings) -> AMQPError? {
        if taskgrid_tls_reason() == 0 { taskgrid_tls_read_alert(ssl, copy) }
        let failure = TLSFailure()
        return failure.isAlert ? failure.error(of: endpoint, settings) : nil
    }
}
