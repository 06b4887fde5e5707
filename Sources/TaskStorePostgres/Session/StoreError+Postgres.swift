import Postgres
import TaskStore

extension StoreError {
    /// Explains an error of the store in the PostgreSQL schema `schema`, and says what to do about it. One of a COMMIT whose outcome is not
    /// known comes as `unknown` already; after every other one nothing was changed.
    init(_ error: any Error, schema: String) {
        switch error {
        case let error as StoreError:
            self.init(error.code, "store '\(schema)': \(error.message)")
        case let error as PostgresError:
            let cause = Cause(error)
            self.init(cause.code, "store '\(schema)': \(cause.meaning) (\(error.message))")
        default:
            self.init(.failed, "store '\(schema)': \(error)")
        }
    }

    static func closed(schema: String) -> StoreError {
        StoreError(.closed, "store '\(schema)': it was closed, and takes no more calls")
    }
}

/// The causes that PostgreSQL and the network give.
private enum Cause {
    case diskFull, locked, readOnly, standby, refused, login, settings, missing, corrupt, tooLarge, lost, failed

    init(_ error: PostgresError) {
        if let state = error.sqlState, let cause = Cause(sqlState: state) {
            self = cause
            return
        }
        switch error.code {
        case .accessRefused: self = .login
        case .badSettings, .libraryMissing, .tlsRefused: self = .settings
        case .unsuitableServer: self = .standby
        case .unknownDatabase: self = .missing
        case .tooLarge: self = .tooLarge
        case .unreachable, .timedOut, .connectionLost: self = .lost
        default: self = .failed
        }
    }

    /// Nil: the state says no more than the error's own code. The states are those of PostgreSQL's manual, appendix A.
    private init?(sqlState: String) {
        switch sqlState {
        case "53100": self = .diskFull
        case "55P03", "40001", "40P01": self = .locked
        case "25006": self = .readOnly
        case "42501": self = .refused
        case "42P01", "3F000", "3D000": self = .missing
        case "XX001", "XX002": self = .corrupt
        case "57P01", "57P02", "57P03", "25P03": self = .lost
        default: return nil
        }
    }

    var code: StoreError.Code {
        switch self {
        case .diskFull: .diskFull
        case .locked: .locked
        case .readOnly, .refused: .readOnly
        case .login, .settings: .failed
        case .missing: .missing
        case .corrupt: .corrupt
        case .tooLarge: .badRequest
        case .lost, .standby: .unavailable
        case .failed: .failed
        }
    }

    /// A message: what happened, and what to do.
    var meaning: String {
        switch self {
        case .diskFull: "the server has no room left; free space on its disk, or prune sooner"
        case .locked:
            "another process holds what is to be written; it is tried again, and if it stays so, find that process in pg_stat_activity"
        case .readOnly, .standby:
            "the server takes no writes; name all hosts with target_session_attrs=read-write, or end its recovery or read-only mode"
        case .login:
            "the server refuses the login; see the user in dispatcher.store, the password (dispatcher.store-password-file), and pg_hba.conf"
        case .settings: "no connection can be made with these settings; see dispatcher.store"
        case .refused: "this user may not do it; give it the rights to the schema and its tables"
        case .missing: "the database, the schema or a table is gone; restore it, or name another in dispatcher.store"
        case .corrupt: "the database is damaged; restore a backup"
        case .tooLarge: "the request is too large"
        case .lost: "the connection to the server was lost or cannot be made; see that it runs and can be reached"
        case .failed: "the server refused it"
        }
    }
}
