import Postgres
import TaskGridConfiguration

extension Configuration {
    /// How a program connects to a store's database.
    ///
    /// - Parameters:
    ///   - url: the database's.
    ///   - name: what `pg_stat_activity` shows.
    func databaseSettings(_ url: String, as name: String) -> PostgresSettings {
        var settings = PostgresSettings(conninfo: url, applicationName: name)
        guard let file = storePasswordFile else { return settings }
        let name = program.sources.text("dispatcher.store-password-file")?.name ?? "dispatcher.store-password-file"
        settings.readPassword = { () throws(PostgresError) in
            do throws(SettingError) {
                return try PasswordFile.read(file, named: name)
            } catch {
                throw PostgresError(.accessRefused, error.message)
            }
        }
        return settings
    }
}
