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
        guard ["postgresql", "postgres"].contains(text[..<separator.lowerBound]) else { return nil }
        self = .database(text)
    }

    /// As a setting has it.
    var text: String {
        switch self {
        case .file(let path): path
        case .database(let url): url
        }
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
            what: "it is neither the path of a file nor a database's URL, postgresql://user@host/database", isSecret: true,
            read: { StoreLocation($0) }, write: \.text)
    }
}
