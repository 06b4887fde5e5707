import Testing

@testable import ServiceSupport

@Suite("Passwords in a process's arguments")
struct ArgumentSecretsTests {
    @Test(arguments: [
        ("amqp://me:secret@host", ["secret"]), ("--broker=amqps://me:secret@host:5671/v", ["secret"]),
        ("amqp://me:one@a:5672/v,amqp://me:two@b", ["one", "two"]), ("amqp://me:one@a,b:5673", ["one"]),
        ("http://admin:p%40ss@host:15672/api", ["p%40ss"]), ("amqp://me:p@ss/w:rd?#@host", ["p@ss/w:rd?#"]),
        ("amqp://me:ü@host", ["ü"]),
        ("postgresql://me@host/grid?password=secret&sslmode=require", ["secret"]), ("postgres://host?sslpassword=secret", ["secret"]),
        ("postgresql://me:one@host/?password=two", ["one", "two"]), ("password=secret", []), ("amqp://h?password=", []),
        ("amqp://host", []), ("amqp://host:5672/v", []), ("amqp://me@host:5672", []), ("amqp://me:@host", []), ("me:secret@host", []),
        ("://", []), ("", []), ("reverse", []),
    ])
    func `are found in each URL, whatever their characters`(argument: String, passwords: [String]) {
        let bytes = Array(argument.utf8)
        #expect(ArgumentSecrets.passwords(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) } == passwords)
    }
}
