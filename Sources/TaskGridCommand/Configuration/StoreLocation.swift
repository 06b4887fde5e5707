import Foundation
import TaskGridConfiguration

/// Where the tasks are kept: what `dispatcher.store` names.
enum StoreLocation: Hashable, Sendable {
    /// An SQLite file.
    case file(String)
    /// A PostgreSQL database, by the URL that libpq takes.
    case database(String)

    /// nil where the text names neither, such as the URL of another database, or a kind of store as `taskgrid up` takes it: a file of such a
    /// name in the current folder would be another, empty store.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://"), text[..<separator.lowerBound].wholeMatch(of: #/[A-Za-z][A-Za-z0-9+.\-]*/#) != nil
        else {
            guard !text.isEmpty, !["sqlite", "postgres", "postgresql"].contains(text.lowercased()) else { return nil }
            self = .file(text)
            return
        }
        guard ["postgresql", "postgres"].contains(text[..<separator.lowerBound]), Self.isUnambiguous(text[separator.upperBound...]) else {
            return nil
        }
        self = .database(text)
    }

    /// Whether libpq reads what follows `://` as it was meant. The login ends at the first `@`, and there is none where a `/` comes before it:
    /// the rest of a password would be taken for a host, a port or a database, and be shown.
    private static func isUnambiguous(_ text: Substring) -> Bool {
        var rest = text
        if let end = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[end] == "@" { rest = rest[rest.index(after: end)...] }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let options = parts.dropFirst().first.map { $0.split(separator: "&") } ?? []
        return !parts[0].contains("@") && options.allSatisfy { $0.contains("=") && !$0.prefix { $0 != "=" }.contains("@") }
    }

    /// How a text that is neither has to be. It does not have the text, which may have a password.
    static let problem = """
        it is neither the path of a file nor a database's URL, postgresql://user@host/database, in which @ and / of a name or a password are \
        written as %40 and %2F
        """

    /// As a setting has it.
    var text: String {
        switch self {
        case .file(let path): path
        case .database(let url): url
        }
    }

    /// The same for programs that run in any folder.
    var absolute: StoreLocation {
        guard case .file(let path) = self else { return self }
        return .file(URL(fileURLWithPath: path).path)
    }

    /// A database's URL without its passwords, as it may be shown and kept; nil: it is a file.
    ///
    /// libpq takes everything up to `@` for the login if no `/` comes before it: a password may have a `?`.
    var urlWithoutPassword: String? {
        guard case .database(let url) = self else { return nil }
        return url.replacing(#/:\/\/([^\/@:]*):[^\/@]*@/#) { "://\($0.output.1)@" }
            .replacing(#/([?&])(?:(?:ssl)?password=[^&]*(?:&|$))+/#) { $0.output.1 }
            .replacing(#/[?&]$/#, with: "")
    }

    /// As people may see it: a file's absolute path, or a database's URL without its passwords.
    var shown: String { urlWithoutPassword ?? absolute.text }

    /// Whether it shows a password to whoever sees it.
    var hasPassword: Bool {
        guard case .database(let url) = self else { return false }
        return url.contains(#/:\/\/[^\/@:]*:[^\/@]+@|[?&](?:ssl)?password=./#)
    }

    /// Warns of a password in the argument of a command, which a shell keeps in its history.
    func warnOfPassword() {
        guard hasPassword else { return }
        Terminal.tell("warning: others could see the password in the URL until it was hidden: use --password-file\n")
    }
}

extension ValueKind<StoreLocation> {
    static var store: ValueKind<StoreLocation> {
        ValueKind(
            what: StoreLocation.problem, isSecret: true, read: { StoreLocation($0) }, write: \.text)
    }
}
