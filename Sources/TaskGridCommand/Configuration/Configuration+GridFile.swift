import AMQP
import LocalGrid
import TaskGridConfiguration
import TaskGridCore

/// What a service takes from the `grid.json` of the folder that its settings mean.
extension Configuration {
    /// The same with the store of the grid in a folder and its prefix, unless the place that names the folder or one before it has them.
    func withStore(of file: GridFile) -> Configuration {
        guard let store = file.store.flatMap(StoreLocation.init), !program.sources.overrulesFolder("dispatcher.store") else { return self }
        var configuration = self
        configuration.store = store
        if let prefix = file.prefix, !program.sources.overrulesFolder("prefix") { configuration.program.prefix = prefix }
        if !program.sources.overrulesFolder("dispatcher.store-password-file") { configuration.storePasswordFile = file.storePasswordFile }
        return configuration
    }

    /// The store that the `grid.json` of the grid's folder names, as it may be shown, where a setting has another one; nil: none has.
    func overruledStore(in location: GridLocation) -> String? {
        guard let file = location.file, file.prefix == location.topology.prefix, program.sources.overrulesFolder("dispatcher.store"),
            let named = file.store.flatMap(StoreLocation.init)?.shown, let store, store.shown != named
        else { return nil }
        return named
    }

    /// The same with the store of the grid in the folder, whether the grid runs or not.
    ///
    /// - Throws: where that is the folder's PostgreSQL, which runs only while the grid does.
    func withStoreOfFolder() throws -> Configuration {
        do throws(SettingError) {
            return withStore(of: try GridFile.read(from: program.folder))
        } catch {
            guard error.code == .notRunning else { throw error }
            guard store == nil, program.folder.hasDatabase else { return self }
            throw Failure(
                .failed,
                """
                \(program.folder.path) has a PostgreSQL of its own, which runs only while the grid does: start it with 'taskgrid up --store \
                postgresql', or name the SQLite file
                """)
        }
    }

    /// A service's settings and its grid. In a grid of a folder the service has the store of that grid. Where each service of it has a user of
    /// its own, it logs in as that user, and reads the rights that the others read.
    ///
    /// - Parameter user: the user that the service has then; nil: the owner's login does, as for a worker.
    func joining(as user: KeyPath<ServiceUsers, String>?) throws -> (configuration: Configuration, location: GridLocation) {
        let location = try location()
        // A grid of another prefix has its own store and users.
        guard let file = location.file, file.prefix == location.topology.prefix else { return (self, location) }
        var configuration = withStore(of: file)
        guard let user, file.hasServiceUsers else { return (configuration, location) }
        let name = location.topology.users[keyPath: user]
        let password = program.folder.password(of: name)
        var endpoint = location.endpoint
        endpoint.user = name
        let what = "the password of the user \(name)"
        endpoint.password = try PasswordFile.read(password, named: what)
        endpoint.passwordSource = PasswordFile.source(password, named: what)
        if !program.sources.overrulesFolder("dispatcher.rights") { configuration.rights = program.folder.rights }
        return (configuration, GridLocation(endpoint: endpoint, topology: location.topology, file: file))
    }

    /// Makes sure that the others believe a service, where users have rights, and so logins of their own.
    ///
    /// - Parameters:
    ///   - service: the service's name.
    ///   - user: the user that it has to be.
    ///   - location: the grid, and its login.
    /// - Throws: `Failure` where it logs in as another user: all that it sends would be refused, and its tasks would wait for ever.
    func checkLogin(of service: String, as user: KeyPath<ServiceUsers, String>, in location: GridLocation) throws(Failure) {
        let (name, login) = (location.topology.users[keyPath: user], location.endpoint.user)
        guard rights != nil, login != name else { return }
        throw Failure(
            .failed,
            """
            the \(service) logs in to the broker as '\(login)', and rights are set (dispatcher.rights): the other programs would refuse all that \
            it sends, because they believe the user '\(name)' alone. Log in as that user: amqp://\(name)@host with broker-password-file, which \
            'taskgrid users' makes
            """)
    }
}
