import Postgres
import TaskGridConfiguration

extension Configuration {
    /// How a program connects to a store's database.
    ///
    /// - Parameters:
    ///   - url: the database's.
    ///   - name: what `pg_stat_activity` shows.
    ///   - option: the command's option for the password's file, where it is not the one of the key.
    func databaseSettings(_ url: String, as name: String, passwordOption option: String? = nil) -> PostgresSettings {
        var settings = PostgresSettings(conninfo: url, applicationName: name)
        let key = ConfigurationKey.named("dispatcher.store-password-file")
        let given = program.sources.text(key.name)?.name
        let name = given.map { $0 == "--\(key.option)" ? option ?? $0 : $0 } ?? option ?? key.name
        settings.passwordSetting = name
        guard let file = storePasswordFile else { return settings }
        settings.readPassword = { () throws(PostgresError) in
            do throws(SettingError) {
                return try PasswordFile.read(file, named: name)
            } catch {
                throw PostgresError(.noPassword, error.message)
            }
        }
        return settings
    }
}
