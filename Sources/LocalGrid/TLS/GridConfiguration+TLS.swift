import ServiceSupport

extension GridConfiguration {
    /// The certificate of the services for HTTPS; nil: they speak HTTP.
    var certificate: CertificateFiles? { services?.certificate ?? (usesTLS ? folder.certificates.server : nil) }

    /// The host names and IP addresses of the grid's own certificate.
    var certificateNames: [String] { GridCertificates.loopback + (services?.names ?? []) }
}
