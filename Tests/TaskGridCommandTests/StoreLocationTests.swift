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

    @Test(arguments: ["", "mysql://host/grid", "amqp://host", "sqlite:///tasks", "POSTGRESQL://host"])
    func `nothing else is taken for a file`(text: String) {
        #expect(StoreLocation(text) == nil)
    }

    @Test(arguments: [
        ("postgresql://grid:secret@host/grid", true), ("postgresql://host/grid?password=secret", true),
        ("postgresql://grid@host/?sslmode=require&sslpassword=x", true), ("postgresql://grid@host:5432/grid", false),
        ("postgresql://host:5432/a@b", false), ("postgresql://grid:@host", false), ("me:secret@host", false),
    ])
    func `a password in it is seen`(text: String, shows: Bool) {
        #expect(StoreLocation(text)?.hasPassword == shows)
    }
}
