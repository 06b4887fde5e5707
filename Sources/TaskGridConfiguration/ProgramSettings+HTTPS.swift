package import ServiceSupport

extension ProgramSettings {
    /// The certificate of what the program serves by HTTP.
    static let httpsKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "https-certificate", \.httpsCertificate, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words(
                "none, and they speak HTTP; with `taskgrid up --tls`, that of the `data` folder", example: "/etc/taskgrid/https.pem"),
            description: """
                A PEM file of the certificate with which the monitor and `/healthz` speak HTTPS, TLS 1.2 or 1.3. It and its key are read again \
                once they have changed.
                """
        ),
        SettingKey(
            "https-key", \.httpsKey, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("the file of `https-certificate`", example: "/etc/taskgrid/https.key"),
            description: "A PEM file of the certificate's key, without a passphrase, which only its owner may read (mode 600)."
        ),
    ]

    /// The variables that give another program this certificate; none: it has its own settings.
    ///
    /// - Parameter certificate: its files.
    package static func variables(of certificate: CertificateFiles?) -> [String: String] {
        guard let certificate else { return [:] }
        let values = ["https-certificate": certificate.certificate, "https-key": certificate.key]
        return Dictionary(uniqueKeysWithValues: values.map { (SettingSources.variable(of: $0.key), $0.value) })
    }

    /// The files of the certificate of what the program serves by HTTP; nil: it speaks plain HTTP.
    ///
    /// - Throws: `SettingError` where a key is named without a certificate.
    package func certificateFiles() throws(SettingError) -> CertificateFiles? {
        if let httpsCertificate { return CertificateFiles(certificate: httpsCertificate, key: httpsKey ?? httpsCertificate) }
        guard httpsKey == nil else {
            let name = sources.text("https-key")?.name ?? "https-key"
            throw SettingError(.invalid, "\(name) names a key, and https-certificate no certificate: give both or none")
        }
        return nil
    }
}
