import Testing

@testable import Postgres

@Suite("Texts of PostgreSQL and libpq")
struct TextTests {
    @Test func `a foreign text is one line, bounded, and nothing that a terminal obeys`() {
        #expect(ForeignText.plain(" a\n\tb\u{1B}[31m\u{202E}c \n") == "a b\u{FFFD}[31m\u{FFFD}c")
        #expect(ForeignText.plain(String(repeating: "x", count: 5000)).count == ForeignText.limit + 1)
    }

    @Test func `a secret is not shown, nor half of one where the text is cut`() {
        let text = String(repeating: "x", count: ForeignText.limit - 3) + "hunter2"
        #expect(!ForeignText.plain(text, without: ["hunter2"]).contains("hun"))
        #expect(ForeignText.plain("a b", without: [""]) == "a b")
    }

    @Test func `what libpq quotes of a connection string is left out`() {
        #expect(
            ForeignText.withoutQuotations(#"missing "=" after "pass"word" in connection info string"#)
                == "missing '…' in connection info string")
        #expect(ForeignText.withoutQuotations("out of memory") == "out of memory")
        #expect(!ForeignText.withoutQuotations(#"invalid percent-encoded token: "pass%zz"#).contains("pass"))
    }

    @Test(arguments: [
        (
            "FATAL: 28P01: password authentication failed\nLOCATION: auth_failed, auth.c:326", PostgresError.Code.accessRefused,
            "28P01" as String?
        ),
        ("FATAL: 3D000: database \"x\" does not exist", .unknownDatabase, "3D000"),
        ("FATAL: 57P03: the database system is starting up", .unreachable, "57P03"),
        ("FATAL: 42501: permission denied for database", .accessRefused, "42501"),
        ("connection to server at \"h\", port 1 failed: session is read-only", .unsuitableServer, nil),
        ("SSL error: certificate verify failed", .tlsRefused, nil),
        ("SSL error: tlsv1 alert unknown ca", .tlsRefused, nil),
        ("SSL SYSCALL error: EOF detected", .unreachable, nil),
        ("SSL SYSCALL error: Connection reset by peer", .unreachable, nil),
        ("SSL connection has been closed unexpectedly", .unreachable, nil),
        ("SSL error: unexpected eof while reading", .unreachable, nil),
        ("invalid sslmode value: \"x\"", .badSettings, nil),
        ("could not translate host name", .unreachable, nil),
        ("fe_sendauth: no password supplied", .noPassword, nil),
    ])
    func `the reason of a failed connection is known by its SQLSTATE, else by libpq's text`(
        text: String, code: PostgresError.Code, sqlState: String?
    ) {
        let error = DialFailures.error(ForeignText.sentences(text))
        #expect(error.code == code && error.sqlState == sqlState)
        #expect(!error.message.contains("LOCATION"))
    }

    @Test func `sentences of libpq stay apart, and those that errors say by themselves are left out`() {
        let refused = "connection to server at \"h\" (::1), port 1 failed: Connection refused\n\tIs the server running on that host?\n"
        #expect(
            ForeignText.sentences("\(refused)connection to server at \"h\" (127.0.0.1), port 1 failed: timeout\n")
                == "connection to server at \"h\" (::1), port 1 failed: Connection refused; "
                + "connection to server at \"h\" (127.0.0.1), port 1 failed: timeout")
        #expect(
            ForeignText.sentences("server closed the connection\n\tThis means that it ended\n\tbefore the request.\n")
                == "server closed the connection; This means that it ended before the request.")
    }

    @Test func `a login that is refused names the setting of the password, and a full server is no server that is away`() {
        let failed = "FATAL: 28P01: password authentication failed"
        let refused = DialFailures.error(failed, PasswordOrigin(setting: "--password-file", isOfSetting: true, file: nil))
        #expect(refused.advice?.contains("password (--password-file)") == true)
        var failures = DialFailures()
        failures.add(refused, of: ConnectionOptions.Server(host: "a"))
        let error = failures.combined("a/x")
        #expect(error.message.contains("(--password-file)") && !error.what.contains("check"))
        failures = DialFailures()
        failures.add(DialFailures.error("FATAL: 53300: sorry, too many clients already"), of: ConnectionOptions.Server(host: "a"))
        failures.add(DialFailures.error("session is read-only"), of: ConnectionOptions.Server(host: "b"))
        #expect(failures.combined("a,b/x").sqlState == "53300")
    }

    @Test func `of standbys among several servers it is said that they are, and advice once`() {
        var failures = DialFailures()
        for host in ["a", "b"] {
            let error = DialFailures.error("session is read-only", adviceIfReadOnly: "it is a standby")
            failures.add(error, of: ConnectionOptions.Server(host: host))
        }
        let message = failures.combined("a,b/x").message
        #expect(message.contains("(a:5432: session is read-only: it is a standby; b:5432: session is read-only: it is a standby)"))
        #expect(message.hasSuffix("see that one of the servers takes writes"))
    }

    @Test func `servers that fail for different reasons are unreachable, because one may come back`() {
        var failures = DialFailures()
        failures.add(DialFailures.error("no answer"), of: ConnectionOptions.Server(host: "a"))
        failures.add(DialFailures.error("FATAL: 28P01: no"), of: ConnectionOptions.Server(host: "b", port: "1"))
        let error = failures.combined("a,b/x")
        #expect(error.code == .unreachable && error.sqlState == nil)
        #expect(error.message.contains("a:5432: no answer; b:1: FATAL: 28P01: no"))
    }

    @Test(arguments: [
        (#"invalid input syntax for type integer: "hunter2""#, "22P02", "invalid input syntax for type integer: '…'"),
        (#"value "hunter2" is out of range for type smallint"#, "22003", "value '…' is out of range for type smallint"),
        (#""hunter2" is out of range for type real"#, "22003", "'…' is out of range for type real"),
        (#"malformed array literal: "{hunter2,"x"}""#, "22P02", "malformed array literal: '…'"),
        (#"invalid byte sequence for encoding "UTF8": 0xff 0xfe"#, "22021", "invalid byte sequence for encoding '…': …"),
        ("division by zero", "22012", "division by zero"),
        (#"duplicate key value violates unique constraint "t_pkey""#, "23505", #"duplicate key value violates unique constraint "t_pkey""#),
        (#"new row violates check option for view "v""#, "44000", #"new row violates check option for view "v""#),
    ])
    func `messages show no value`(message: String, sqlState: String, shown: String) {
        #expect(ServerMessage.withoutValues(message, sqlState) == shown)
    }

    @Test func `a quoted value that was cut is not shown`() {
        let message = ForeignText.plain(#"value "\#(String(repeating: "x", count: 5000))" is out of range"#)
        #expect(ServerMessage.withoutValues(message, "22003") == "value '…'")
        let several = ForeignText.plain(#"value "a"\#(String(repeating: "x", count: 5000))" is out of range"#)
        #expect(ServerMessage.withoutValues(several, "22003") == "value '…'")
    }

    @Test func `details that show rows are left out`() {
        for sqlState in ["22P02", "23505", "23514", "44000"] { #expect(ServerMessage.showsValues(sqlState)) }
        for sqlState in ["42601", "40001", nil] { #expect(!ServerMessage.showsValues(sqlState)) }
    }

    @Test func `settings and statements show no password and no value`() {
        let settings = PostgresSettings(conninfo: "postgresql://user:hunter2@host/db")
        let statement = PostgresQuery("find", "SELECT $1")("hunter2")
        var dumped = ""
        dump(settings, to: &dumped)
        dump(statement, to: &dumped)
        #expect(!dumped.contains("hunter2") && !"\(settings) \(statement)".contains("hunter2"))
        #expect("\(statement)" == "'find' with 1 parameters")
    }

    @Test func `a library that is missing or is not libpq is named, with what it lacks`() throws {
        let missing = #expect(throws: PostgresError.self) { try Libpq.load("libtaskgrid-none.so.9").get() }
        #expect(missing?.code == .libraryMissing && missing?.message.contains("libtaskgrid-none.so.9") == true)
        let other = #expect(throws: PostgresError.self) { try Libpq.load("libm.so.6").get() }
        #expect(other?.message.contains("libm.so.6 has no function PQbackendPID") == true)
        #expect(other?.message.contains("install libpq5") == true)
    }
}
