import Glibc

/// Where a connection's password comes from, for the advice of errors.
struct PasswordOrigin {
    /// The setting of this program that gives one; nil: there is none.
    let setting: String?
    /// Whether the setting gives it, and not libpq.
    var isOfSetting = false
    /// The password file that libpq reads; nil: it reads none.
    let file: String?

    /// Advice where the server refuses the login.
    var adviceIfRefused: String {
        "check the user, its password\(isOfSetting ? setting.map { " (\($0))" } ?? "" : "") and the server's pg_hba.conf"
    }

    /// Advice where the server asks for a password, and there is none.
    var adviceIfMissing: String {
        let advice = "give a password\(setting.map { " by \($0)" } ?? "")"
        return file.map { "\(advice); libpq's password file \(ForeignText.plain($0)) \(Self.fault(of: $0))" } ?? advice
    }

    /// Why libpq finds no password in its file. It ignores one that others may read (PostgreSQL's manual, "The Password File").
    private static func fault(of file: String) -> String {
        var status = stat()
        guard stat(file, &status) == 0 else { return "cannot be read (\(String(cString: strerror(errno))))" }
        guard status.st_mode & S_IFMT == S_IFREG else { return "is not a plain file" }
        guard status.st_mode & 0o077 == 0 else {
            return "has mode \(String(status.st_mode & 0o777, radix: 8)), so that libpq ignores it: chmod 600 it"
        }
        guard access(file, R_OK) == 0 else { return "cannot be read (\(String(cString: strerror(errno))))" }
        guard status.st_size > 0 else { return "is empty" }
        return "has no line for this host, port, database and user"
    }
}
