package import AMQP
import ServiceSupport

/// A file with a password, which only its owner may read.
package enum PasswordFile {
    /// Reads the password: the file's one line, which may end with a line feed.
    ///
    /// - Parameters:
    ///   - file: the file, or a symbolic link to it.
    ///   - name: the setting's name in the place that gives it, for errors.
    /// - Throws: `SettingError` where the file cannot be used.
    package static func read(_ file: String, named name: String) throws(SettingError) -> String {
        let text: String
        do throws(PrivateFile.Failure) {
            text = try PrivateFile.read(file, followsLinks: true)
        } catch {
            throw SettingError(.unreadable, "\(name): \(error.description)")
        }
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count == 1, !lines[0].utf8.contains(0) else {
            throw SettingError(.invalid, "\(name): \(file) does not have one line, the password")
        }
        return String(lines[0])
    }

    /// The file as a place from which a connection reads its password anew each time that it is made.
    ///
    /// - Parameters:
    ///   - file: the file, or a symbolic link to it.
    ///   - name: the setting's name in the place that gives it, for errors.
    package static func source(_ file: String, named name: String) -> PasswordSource {
        PasswordSource(file) { () throws(AMQPError) in
            do throws(SettingError) {
                return try read(file, named: name)
            } catch {
                throw AMQPError(.accessRefused, error.message)
            }
        }
    }
}
