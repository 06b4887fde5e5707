import CRabbitMQ

/// Why there is no TLS with a broker: this side's verification of the certificate, and the last reason that OpenSSL gave on this thread,
/// which may be an alert of the broker.
struct TLSFailure {
    /// X509_V_OK, or the error of the broker's certificate (`openssl/x509_vfy.h`).
    var verification = X509_V_OK
    /// 0: none, as where the connection was cut (`openssl/sslerr.h`).
    var reason = taskgrid_tls_reason()
    var text = taskgrid_tls_reason_text().map { String(cString: $0) } ?? "the connection was cut"

    /// OpenSSL numbers an alert that it was sent from 1000 on (RFC 8446, section 6).
    var isAlert: Bool { reason >= SSL_AD_REASON_OFFSET }

    /// - Parameters:
    ///   - endpoint: the broker, by the address that was tried.
    ///   - settings: what was tried with.
    func error(of endpoint: Endpoint, _ settings: TLSSettings) -> AMQPError {
        func refused(_ what: String) -> AMQPError { AMQPError(.tlsRefused, "no TLS with \(endpoint): \(what)") }
        switch verification {
        case X509_V_OK: break
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return refused("the broker's certificate, or that of a CA above it, has expired: renew it, or set this machine's clock")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return refused("the broker's certificate, or that of a CA above it, is not valid yet: compare the clocks of both machines")
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return refused(
                "the broker's certificate is not for '\(settings.serverName ?? endpoint.addresses[0].host)': connect to a name or an address "
                    + "that it has (subjectAltName), or give one of these as the server's name"
            )
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            let known = settings.ca.map { "CA in \($0)" } ?? "CA that this machine trusts"
            return refused("the broker's certificate is signed by no \(known): give the file of the CA that has signed it (broker-ca)")
        default:
            let why = X509_verify_cert_error_string(Int(verification)).map { String(cString: $0) } ?? "error \(verification)"
            return refused("the broker's certificate is refused (\(why))")
        }
        switch reason {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG:
            return refused("no TLS is spoken there (\(text)): name the port of the broker's TLS listener, or begin the URL with amqp://")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return refused("the broker speaks neither TLS 1.2 nor 1.3 (\(text)): allow one of them in its ssl_options.versions")
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED where settings.certificate == nil:
            return refused("the broker demands a client certificate (\(text)): set one and its key")
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE where settings.certificate == nil:
            return refused("the broker refuses the handshake (\(text)): it may demand a client certificate, or know none of the ciphers")
        case _ where isAlert && settings.certificate != nil:
            return refused(
                "the broker refuses the client certificate (\(text)): it has to be valid now, for clients, and signed by a CA that the broker "
                    + "knows (ssl_options.cacertfile)"
            )
        case _ where isAlert: return refused("the broker refuses the handshake (\(text)): its log says why")
        default:
            return AMQPError(.unreachable, "no TLS with \(endpoint): the handshake failed (\(text)): is that the broker's TLS listener?")
        }
    }
}
