/// Asks whether a PostgreSQL on a loopback port takes connections, in its own language.
enum DatabaseProbe {
    /// Sends a startup message, and waits up to a second for the server's request to log in. One that starts or stops answers with an error.
    static func answers(_ port: Int) async -> Bool {
        await LoopbackPort.answer(to: startup(user: DatabaseFiles.user), on: port, count: 1) == [UInt8(ascii: "R")]
    }

    /// The startup message of protocol 3.0 (PostgreSQL's manual, "Message Formats").
    static func startup(user: String) -> [UInt8] {
        let body: [UInt8] = [0, 3, 0, 0] + Array("user\0\(user)\0database\0postgres\0\0".utf8)
        return withUnsafeBytes(of: UInt32(body.count + 4).bigEndian) { Array($0) } + body
    }
}
