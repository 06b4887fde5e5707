import AMQP
import Foundation
import ServiceSupport

/// The password in a broker's URL, which may be a list of URLs.
package enum BrokerURL {
    /// The beginning of a URL, up to its host.
    private static var login: Regex<(Substring, scheme: Substring, user: Substring?, password: Substring?)> {
        #/(?<scheme>[aA][mM][qQ][pP][sS]?://)(?:(?<user>[^/?#@:]*)(?<password>:[^/?#@]*)?@)?/#
    }

    package static func hasPassword(_ url: String) -> Bool {
        url.matches(of: login).contains { $0.output.password != nil }
    }

    /// The URL with the password of a file. One that has a password, or is none, stays as it is.
    ///
    /// - Throws: `SettingError` where the file cannot be used.
    static func withPassword(_ url: String, of file: String?, named name: String) throws(SettingError) -> String {
        guard let file, !hasPassword(url) else { return url }
        guard let password = try password(of: file, named: name).addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
            throw SettingError(.invalid, "\(name): \(file) has a password that cannot be used")
        }
        return url.replacing(login) { "\($0.output.scheme)\($0.output.user ?? "guest"):\(password)@" }
    }

    /// The file from which a connection reads its password anew; nil: the URL has it, or no file is set.
    static func passwordSource(of url: String, _ file: String?, named name: String) -> PasswordSource? {
        guard let file, !hasPassword(url) else { return nil }
        return PasswordSource(file) { () throws(AMQPError) in
            do throws(SettingError) {
                return try password(of: file, named: name)
            } catch {
                throw AMQPError(.accessRefused, error.message)
            }
        }
    }

    /// The password in a file, whose one line may end with a line feed.
    ///
    /// - Throws: `SettingError` where the file cannot be used.
    private static func password(of file: String, named name: String) throws(SettingError) -> String {
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
}
