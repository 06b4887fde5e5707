/// Asks whether a broker answers on a loopback port in its own language.
enum AMQPProbe {
    /// Sends AMQP's protocol header, and waits up to a second for the broker's Connection.Start.
    static func answers(_ port: Int) async -> Bool {
        let header: [UInt8] = Array("AMQP".utf8) + [0, 0, 9, 1]
        return await LoopbackPort.answer(to: header, on: port, count: 11).map(isConnectionStart) ?? false
    }

    /// A method frame (1) on channel 0 of class 10, method 10 (AMQP 0-9-1, 4.2.3 and 1.4.2.1).
    static func isConnectionStart(_ frame: [UInt8]) -> Bool {
        frame.count >= 11 && frame[0...2] == [1, 0, 0] && frame[7...10] == [0, 10, 0, 10]
    }
}
