import Testing

@testable import TaskGridCommand

@Suite("Where the tasks are kept")
struct StoreLocationTests {
    @Test(arguments: ["tasks.sqlite", "/var/lib/tasks.sqlite", "a:b", "./postgresql:", "C:/x"])
    func `a path is an SQLite file`(text: String) {
        #expect(StoreLocation(text) == .file(text))
    }

    @Test(arguments: ["postgresql://", "postgres://grid@a,b:5433/grid?sslmode=verify-full", "postgresql:///grid?service=x"])
    func `a URL of PostgreSQL is a database`(text: String) {
        #expect(StoreLocation(text) == .database(text))
    }

    @Test(arguments: ["", "mysql://host/grid", "amqp://host", "sqlite:///tasks", "POSTGRESQL://host", "postgresql", "SQLite"])
    func `nothing else is taken for a file`(text: String) {
        #expect(StoreLocation(text) == nil)
    }

    @Test(arguments: [
        "postgresql://grid:pa/ss@host:5461/grid", "postgresql://grid:12/34@host", "postgresql://grid:p@ss@host/grid",
        "postgresql://grid:p@/ss@host", "postgresql://grid:a@b?c@host", "postgresql://grid:a@b?c=1&d@host", "postgresql://host:5432/a@b",
        "postgresql://a@b?c@d=e",
    ])
    func `a URL whose password libpq would take for something else is refused`(text: String) {
        #expect(StoreLocation(text) == nil)
    }

    @Test(arguments: ["postgresql://grid:p%40a%2Fs@host/a%40b?options=-c%20x&user=a@b", "postgresql://[::1]:5432,a/grid"])
    func `what it cannot take for something else is left to it`(text: String) {
        #expect(StoreLocation(text) == .database(text))
    }

    @Test(arguments: [
        ("postgresql://grid:secret@host/grid", true), ("postgresql://host/grid?password=secret", true),
        ("postgresql://grid@host/?sslmode=require&sslpassword=x", true), ("postgresql://grid@host:5432/grid", false),
        ("postgresql://grid:se?cret@host/grid", true), ("postgresql://gr?id:secret@host/grid", true),
        ("postgresql://host:5432/a%40b", false), ("postgresql://grid:@host", false), ("me:secret@host", false),
    ])
    func `a password in it is seen`(text: String, shows: Bool) {
        #expect(StoreLocation(text)?.hasPassword == shows)
    }
}

@Suite("The URL of a store as it is shown")
struct ShownStoreTests {
    @Test(arguments: [
        ("postgresql://grid:secret@a,b/grid", "postgresql://grid@a,b/grid"), ("postgresql://a/grid", "postgresql://a/grid"),
        ("postgresql://grid@a/grid?password=secret&sslmode=require", "postgresql://grid@a/grid?sslmode=require"),
        ("postgresql://grid@a:5433/grid?password=secret", "postgresql://grid@a:5433/grid"),
        ("postgresql://grid@a/grid?sslmode=require&sslpassword=secret", "postgresql://grid@a/grid?sslmode=require"),
        ("postgresql://grid@a/grid?password=secret&sslpassword=secret", "postgresql://grid@a/grid"),
        ("postgresql://a/grid?sslpassword=secret&password=secret&sslmode=require", "postgresql://a/grid?sslmode=require"),
        ("postgresql://grid:se?cret@a,b/grid", "postgresql://grid@a,b/grid"), ("postgresql://gr?id:s@a/grid", "postgresql://gr?id@a/grid"),
    ])
    func `it has no password`(url: String, shown: String) {
        #expect(StoreLocation(url)?.urlWithoutPassword == shown)
    }
}
