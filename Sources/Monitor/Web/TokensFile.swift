import TaskGridCore
import WebSupport

/// A file of tokens, a line each: a name, roles, types and the token, with spaces between them. Roles and types are lists with commas; `*`
/// stands for all types. Instead of the token there can be its SHA-256, as `sha256:` and 64 hexadecimal digits. A line that begins with `#` is
/// a comment.
///
///     # name   roles               types       token
///     alice    operator,submitter  *           j4sm7wq0kd2v9xhe5ybtc8rgzn3pfa6u
///     grafana  viewer              *           sha256:dced5912979899aef9fda33bff92e16aaaeb6f0c6658c93ef0f3682cdbaa2cef
///     images   operator            hash,img-*  y8tqv5mc2kfx7rnj4ghw9zbd3apes6u0
enum TokensFile {
    /// The fault of a line. It never repeats a token.
    struct Failure: Error, Hashable {
        let line: Int
        let reason: String
    }

    private static let hashPrefix = "sha256:"

    static func read(_ text: String) throws(Failure) -> [AccessToken] {
        var tokens: [AccessToken] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            func failure(_ reason: String) -> Failure { Failure(line: index + 1, reason: reason) }
            guard words.count == 4 else { throw failure("it has \(words.count) words, and not a name, roles, types and a token") }
            guard first.utf8.count <= 64, first.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw failure("a name has at most 64 bytes of ASCII")
            }
            guard !tokens.contains(where: { $0.caller.name == first }) else { throw failure("'\(first)' has a line already") }
            guard let roles = roles(words[1]) else {
                throw failure("roles are \(Role.allCases.map(\.rawValue).joined(separator: ", ")), with commas between them")
            }
            guard let types = TypePatterns(words[2]) else {
                throw failure("types are names such as hash, beginnings such as img-*, or * for all, with commas between them")
            }
            guard let digest = digest(words[3]) else {
                throw failure("\(MonitorToken.what); its SHA-256 is written \(hashPrefix) and 64 hexadecimal digits")
            }
            guard !tokens.contains(where: { $0.digest == digest }) else { throw failure("another line has the same token") }
            tokens.append(AccessToken(Caller(name: first, roles: roles, types: types), digest: digest))
        }
        return tokens
    }

    private static func roles(_ text: String) -> Set<Role>? {
        let roles = text.split(separator: ",", omittingEmptySubsequences: false).map { Role(rawValue: String($0)) }
        return roles.contains(nil) ? nil : Set(roles.compactMap(\.self))
    }

    private static func digest(_ text: String) -> [UInt8]? {
        guard text.hasPrefix(hashPrefix) else { return MonitorToken.isToken(text) ? Array(AccessToken.digest(of: text)) : nil }
        let digits = text.dropFirst(hashPrefix.count).map(\.hexDigitValue)
        guard digits.count == 64, !digits.contains(nil) else { return nil }
        let values = digits.compactMap { $0 }
        return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
    }
}
