package import AMQP

extension ProgramSettings {
    /// How TLS with the broker is spoken.
    package static let tlsKeys: [SettingKey<ProgramSettings>] = [
        SettingKey(
            "broker-ca", \.tls.ca, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("the CAs that this machine trusts", example: "/etc/taskgrid/ca.pem"),
            description: """
                A PEM file of the CAs, one of which has signed the certificate of a broker whose URL begins with `amqps://`. It and the \
                other files of certificates are read again at each reconnect.
                """
        ),
        SettingKey(
            "broker-certificate", \.tls.certificate, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("none", example: "/etc/taskgrid/client.pem"),
            description: """
                A PEM file of the client's certificate for the broker. It is the login too if the broker's URL has no password; the URL then \
                names the user, or the certificate's common name is it.
                """
        ),
        SettingKey(
            "broker-key", \.tls.key, kind: .optional(.path), in: defaults, valueName: "file",
            standard: .words("the file of `broker-certificate`", example: "/etc/taskgrid/client.key"),
            description: """
                A PEM file of the key of the client's certificate, without a passphrase, which only its owner may read (mode 600).
                """
        ),
        SettingKey(
            "broker-server-name", \.tls.serverName, kind: .optional(.text("a host name or an IP address") { !$0.isEmpty }),
            in: defaults,
            valueName: "name", standard: .words("the host of the broker's URL", example: "broker.example.org"),
            description: "The host name or the IP address that the broker's certificate has to have."
        ),
    ]

    /// The settings of TLS for a broker that one place names. If its URL begins with `amqp://`, only those of that place and the places before
    /// it are taken, which is an error then: the others are for another broker. The CAs are no error where the management interface (`admin`) is
    /// reached over HTTPS, which needs them too.
    func tls(of url: String, at layer: Int) -> TLSSettings {
        let isSecure = url.lowercased().contains("amqps://")
        let isNamed = sources.layers[...layer].contains { layer in Self.tlsKeys.contains { layer.text($0.name) != nil } }
        guard !isSecure else { return tls }
        var named = isNamed ? tls : TLSSettings()
        if sources.text("admin")?.text.lowercased().hasPrefix("https://") == true { named.ca = nil }
        return named
    }

    /// The variables that give another program these settings. One that is empty counts as not set: a settings file that the program reads may
    /// set it, for a broker whose URL begins with `amqps://`.
    ///
    /// - Parameter tls: the settings; nil: none.
    package static func variables(of tls: TLSSettings?) -> [String: String] {
        let values = [
            "broker-ca": tls?.ca, "broker-certificate": tls?.certificate, "broker-key": tls?.key, "broker-server-name": tls?.serverName,
        ]
        return Dictionary(uniqueKeysWithValues: values.map { (SettingSources.variable(of: $0.key), $0.value ?? "") })
    }
}
