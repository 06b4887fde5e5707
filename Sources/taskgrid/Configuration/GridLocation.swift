import AMQP
import LocalGrid

extension Configuration {
    /// The broker of the grid that a command means: the first place that names a broker or a grid's folder, else the grid of
    /// the standard folder.
    ///
    /// - Throws: `Failure` that says to run `taskgrid up` where no grid runs.
    func endpoint() throws(Failure) -> Endpoint {
        for layer in settings.layers {
            if let url = layer.text("broker") { return try Self.endpoint(url, layer.name("broker")) }
            if let path = layer.text("data") { return try Self.endpoint(of: GridFolder(path)) }
        }
        return try Self.endpoint(of: .standard())
    }

    /// The folder of a grid on this machine.
    var folder: GridFolder { data.map { GridFolder($0) } ?? .standard() }

    private static func endpoint(of folder: GridFolder) throws(Failure) -> Endpoint {
        let file: GridFile
        do throws(LocalGridError) {
            file = try GridFile.read(from: folder)
        } catch {
            guard error.code == .notRunning else { throw Failure(error) }
            throw Failure(.unreachable, "\(error.message), or name a broker with --broker")
        }
        return try endpoint(file.amqp, folder.gridFile)
    }

    private static func endpoint(_ url: String, _ name: String) throws(Failure) -> Endpoint {
        do throws(AMQPError) {
            return try Endpoint(url: url)
        } catch {
            throw Failure(.failed, "\(name): \(error.message)")
        }
    }
}
