import AMQP
import LocalGrid
import TaskGridCore

/// Which grid a command means: its broker, and the names in it.
struct GridLocation: Hashable {
    let endpoint: Endpoint
    let topology: Topology
}

extension Configuration {
    /// The grid that a command means: the first place that names a broker or a grid's folder, else the grid of the standard folder.
    /// Of a folder's grid, `grid.json` says prefix and kind of queues, unless the place that names the folder or one before it does.
    ///
    /// - Throws: `Failure` that says to run `taskgrid up` where no grid runs.
    func location() throws(Failure) -> GridLocation {
        for (index, layer) in settings.layers.enumerated() {
            if let url = layer.text("broker") {
                return GridLocation(endpoint: try Self.endpoint(url, layer.name("broker")), topology: topology)
            }
            if let path = layer.text("data") { return try location(in: GridFolder(path), settings.layers[...index]) }
        }
        return try location(in: .standard(), settings.layers[...])
    }

    /// The folder of a grid on this machine.
    var folder: GridFolder { data.map { GridFolder($0) } ?? .standard() }

    private func location(in folder: GridFolder, _ layers: ArraySlice<SettingSources.Layer>) throws(Failure) -> GridLocation {
        let file: GridFile
        do throws(LocalGridError) {
            file = try GridFile.read(from: folder)
        } catch {
            guard error.code == .notRunning else { throw Failure(error) }
            throw Failure(.unreachable, "\(error.message) (or name a broker with --broker)")
        }
        func says(_ key: String) -> Bool { layers.contains { $0.text(key) != nil } }
        let topology = Topology(
            prefix: says("prefix") ? prefix : file.prefix ?? prefix,
            queueKind: says("queue-kind") ? queueKind : file.queueKind ?? queueKind
        )
        return GridLocation(endpoint: try Self.endpoint(file.amqp, folder.gridFile), topology: topology)
    }

    static func endpoint(_ url: String, _ name: String) throws(Failure) -> Endpoint {
        do throws(AMQPError) {
            return try Endpoint(url: url)
        } catch {
            throw Failure(.failed, "\(name): \(error.message)")
        }
    }
}
