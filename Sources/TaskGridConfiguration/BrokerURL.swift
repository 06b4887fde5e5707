import AMQP
import Foundation

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
        guard let password = try PasswordFile.read(file, named: name).addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
            throw SettingError(.invalid, "\(name): \(file) has a password that cannot be used")
        }
        return url.replacing(login) { "\($0.output.scheme)\($0.output.user ?? "guest"):\(password)@" }
    }

    /// The file from which a connection reads its password anew; nil: the URL has it, or no file is set.
    static func passwordSource(of url: String, _ file: String?, named name: String) -> PasswordSource? {
        guard let file, !hasPassword(url) else { return nil }
        return PasswordFile.source(file, named: name)
    }
}
