import Foundation
import ServiceSupport

/// The password in a broker's URL, which may be a list of URLs.
package enum BrokerURL {
    /// The beginning of a URL, up to its host.
    private static var login: Regex<(Substring, scheme: Substring, user: Substring?, password: Substring?)> {
        #/(?<scheme>[aA][mM][qQ][pP][sS]?://)(?:(?<user>[^/?#@:,]*)(?<password>:[^/?#@,]*)?@)?/#
    }

    package static func hasPassword(_ url: String) -> Bool {
        url.matches(of: login).contains { $0.output.password != nil }
    }

    /// The URL with the password of a file, whose last line may end with a line feed. One that has a password, or is none, stays as it is.
    ///
    /// - Throws: `SettingError` where the file cannot be used.
    static func withPassword(_ url: String, of file: String?, named name: String) throws(SettingError) -> String {
        guard let file, !hasPassword(url) else { return url }
        let text: String
        do throws(PrivateFile.Failure) {
            text = try PrivateFile.read(file, followsLinks: true)
        } catch {
            throw SettingError(.unreadable, "\(name): \(error.description)")
        }
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count == 1, let password = lines[0].addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
            throw SettingError(.invalid, "\(name): \(file) has one line, the password")
        }
        return url.replacing(login) { "\($0.output.scheme)\($0.output.user ?? "guest"):\(password)@" }
    }
}
