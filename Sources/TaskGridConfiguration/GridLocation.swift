package import AMQP
package import TaskGridCore

/// Where the grid is that a program means: its broker, and the names in it.
package struct GridLocation: Hashable, Sendable {
    package let endpoint: Endpoint
    package let topology: Topology
    /// The file of the grid's folder, which says this; nil: a place names the broker.
    package let file: GridFile?

    package init(endpoint: Endpoint, topology: Topology, file: GridFile? = nil) {
        self.endpoint = endpoint
        self.topology = topology
        self.file = file
    }
}

extension ProgramSettings {
    /// The grid that the program means: the first place that names a broker or a grid's folder, else the grid of the standard folder.
    /// Of a folder's grid, `grid.json` says prefix and kind of queues, unless the place that names the folder or one before it does.
    ///
    /// - Throws: `SettingError` that says to run `taskgrid up` where no grid runs.
    package func location() throws(SettingError) -> GridLocation {
        // A broker that another place overrides has to be one too.
        _ = try namedBroker()
        for (index, layer) in sources.layers.enumerated() {
            if let url = layer.text("broker") {
                var endpoint = try Self.endpoint(withPassword(url), layer.name("broker"), tls(of: url, at: index))
                endpoint.passwordSource = BrokerURL.passwordSource(of: url, brokerPasswordFile, named: passwordFileName)
                return GridLocation(endpoint: endpoint, topology: topology)
            }
            if let path = layer.text("data") { return try location(in: GridFolder(path), sources.layers[...index]) }
        }
        return try location(in: .standard(), sources.layers[...])
    }

    /// The broker's URL and the settings of its TLS for a grid that starts in ``folder``; nil: a broker of its own.
    ///
    /// - Throws: `SettingError` where a place before that of the broker names the folder: it would come first for every other command, and mean a
    ///   grid with a broker of its own.
    package func brokerToStart() throws(SettingError) -> (url: String, tls: TLSSettings?)? {
        guard let (url, name, tls) = try namedBroker() else { return nil }
        let layer = sources.layers.first { $0.text("broker") != nil || $0.text("data") != nil }
        guard let layer, layer.text("broker") == nil else { return (try withPassword(url), tls) }
        throw SettingError(
            .invalid,
            """
            \(layer.name("data")) names the grid's folder, and \(name) a broker: for a grid on that broker give --broker with the folder, and \
            for a grid with a broker of its own take \(name) away
            """
        )
    }

    /// The first broker that a place names, with the place's name for it and the settings of its TLS.
    private func namedBroker() throws(SettingError) -> (url: String, name: String, tls: TLSSettings?)? {
        try checkBrokerLists()
        guard let index = sources.layers.firstIndex(where: { $0.text("broker") != nil }), let (url, name) = sources.text("broker") else {
            return nil
        }
        return (url, name, try Self.endpoint(url, name, tls(of: url, at: index)).tls)
    }

    /// A list of a broker's URLs has URLs alone: its elements are joined, and a word among them would become a host.
    private func checkBrokerLists() throws(SettingError) {
        for layer in sources.layers {
            if let urls = layer.elements("broker") {
                guard urls.contains(where: { !$0.isEmpty }) else {
                    throw SettingError(.invalid, "\(layer.name("broker")): the list is empty: name a broker's URL, or take the key away")
                }
                guard urls.allSatisfy({ $0.wholeMatch(of: #/(?i)\s*amqps?:\/\/.*/#) != nil }) else {
                    throw SettingError(
                        .invalid, "\(layer.name("broker")): the list has more than URLs: each begins with amqp:// or amqps://")
                }
            }
            if layer.text("broker") != nil { return }
        }
    }

    private func withPassword(_ url: String) throws(SettingError) -> String {
        try BrokerURL.withPassword(url, of: brokerPasswordFile, named: passwordFileName)
    }

    private var passwordFileName: String { sources.text("broker-password-file")?.name ?? "broker-password-file" }

    /// The folder of a grid on this machine.
    package var folder: GridFolder { data.map { GridFolder($0) } ?? .standard() }

    private func location(in folder: GridFolder, _ layers: ArraySlice<SettingSources.Layer>) throws(SettingError) -> GridLocation {
        let file: GridFile
        do {
            file = try GridFile.read(from: folder)
        } catch {
            guard error.code == .notRunning else { throw error }
            throw SettingError(.notRunning, "\(error.message) (or name a broker with --broker)")
        }
        func says(_ key: String) -> Bool { layers.contains { $0.text(key) != nil } }
        let topology = Topology(
            prefix: says("prefix") ? prefix : file.prefix ?? prefix,
            queueKind: says("queue-kind") ? queueKind : file.queueKind ?? queueKind
        )
        if let kind = file.queueKind, topology.prefix == file.prefix, topology.queueKind != kind {
            let name = layers.first { $0.text("queue-kind") != nil }?.name("queue-kind") ?? "queue-kind"
            throw SettingError(
                .invalid,
                "\(name): the queues of the grid in \(folder.path) are \(kind.rawValue), not \(topology.queueKind.rawValue); leave it out"
            )
        }
        let endpoint = try Self.endpoint(file.amqp, folder.gridFile, file.tls ?? TLSSettings())
        return GridLocation(endpoint: endpoint, topology: topology, file: file)
    }

    /// Reads a broker's URL; its error names the place that it stands in.
    private static func endpoint(_ url: String, _ name: String, _ tls: TLSSettings) throws(SettingError) -> Endpoint {
        do throws(AMQPError) {
            return try Endpoint(url: url, tls: tls)
        } catch {
            throw SettingError(.invalid, "\(name): \(error.message)")
        }
    }
}
