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
            self.init(cause.code, "store '\(schema)': \(cause.explanation(of: error))")
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
    case diskFull, locked, readOnly, standby, refused, login, settings, noDatabase, noTable, changed, corrupt, tooLarge, crowded, pooled
    case lost, failed

    init(_ error: PostgresError) {
        if let state = error.sqlState, let cause = Cause(sqlState: state) {
            self = cause
            return
        }
        switch error.code {
        case .accessRefused: self = .login
        case .badSettings, .libraryMissing, .tlsRefused, .noPassword: self = .settings
        case .unsuitableServer: self = .standby
        case .unknownDatabase: self = .noDatabase
        case .tooLarge: self = .tooLarge
        case .unreachable, .timedOut, .connectionLost: self = .lost
        default: self = .failed
        }
    }

    /// Nil: the state says no more than the error's own code. The states are those of PostgreSQL's manual, appendix A.
    private init?(sqlState: String) {
        switch sqlState {
        case "53100": self = .diskFull
        case "53300": self = .crowded
        case "55P03", "40001", "40P01": self = .locked
        case "25006": self = .readOnly
        case "42501": self = .refused
        case "3D000", "57P04": self = .noDatabase
        case "42P01", "3F000": self = .noTable
        case "23502", "23503", "23505", "23514", "42703", "42804", "42883", "42P07": self = .changed
        case "42P05", "26000": self = .pooled
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
        case .login, .settings: .noLogin
        case .changed, .pooled: .failed
        case .noDatabase, .noTable: .missing
        case .corrupt: .corrupt
        case .tooLarge: .badRequest
        case .lost, .standby, .crowded: .unavailable
        case .failed: .failed
        }
    }

    /// What happened, what to do, and the words of the server or of libpq.
    func explanation(of error: PostgresError) -> String {
        let (meaning, advice) = text
        guard let meaning else { return error.message }
        return "\([meaning, advice ?? error.advice].compactMap(\.self).joined(separator: "; ")) (\(error.what))"
    }

    /// What happened, and what to do. A meaning that is nil: the error says both. Advice that is nil: the error has it.
    private var text: (meaning: String?, advice: String?) {
        switch self {
        case .diskFull: ("the server has no room left", "free space on its disk, or prune sooner")
        case .locked:
            (
                "another process holds what is to be written",
                "it is tried again, and if it stays so, find that process in pg_stat_activity"
            )
        case .readOnly, .standby: ("the server takes no writes", nil)
        case .login: ("the server refuses the login", nil)
        case .settings: (nil, nil)
        case .refused: ("this user may not do it", "give it the rights to the schema and its tables")
        case .noDatabase: ("the database is not there", "see that its name is right, or restore it")
        case .noTable:
            (
                "a table is not there, or this user may not use its schema",
                "see that the user has the right USAGE on the schema, and restore the table if it is gone"
            )
        case .changed:
            (
                "the tables are not as the dispatcher has left them, so that somebody has changed them",
                "see what 'taskgrid store check' finds, and undo the change or restore a backup"
            )
        case .corrupt: ("the database is damaged", "restore a backup")
        case .tooLarge: ("the request is too large", nil)
        case .crowded:
            (
                "the server has no connection left for this user",
                "raise its max_connections or the limit of the role, or end other sessions (pg_stat_activity has them)"
            )
        case .pooled:
            (
                "the server does not know the session's prepared statements, as behind a pooler that gives each transaction another session",
                "connect to the server itself, or let the pooler keep sessions: pool_mode = session in PgBouncer"
            )
        case .lost: ("the connection to the server was lost or cannot be made", "see that it runs and can be reached")
        case .failed: ("the server refused it", nil)
        }
    }
}
